import { AMF_OCTETS, BLOCK_OCTETS, f1, f2345, MAC_OCTETS, SQN_OCTETS } from './milenage.ts';
import { equalInConstantTime, xor } from './octets.ts';
import { emptySeqArray, isFresh, isSeqArray, type SeqArray, sqnFromOctets, sqnMsOf, withAccepted } from './sqn.ts';
import { makeAuts } from './vector.ts';

const AUTN_OCTETS = SQN_OCTETS + AMF_OCTETS + MAC_OCTETS;

/** Answer of the AUTHENTICATE command. @see TS 31.103 §7.1.2 */
export type AuthenticateResult =
  | { readonly kind: 'ok'; readonly res: Uint8Array; readonly ck: Uint8Array; readonly ik: Uint8Array }
  | { readonly kind: 'sync-failure'; readonly auts: Uint8Array }
  | { readonly kind: 'mac-failure' };

/** The soft ISIM: K and OPc stay inside it. @see TS 31.103 §4.2 */
export interface Card {
  /** 15 digits. */
  readonly imsi: string;
  /** EF_IMPI. */
  readonly impi: string;
  /** EF_IMPU, in order; the first is the default. */
  readonly impus: readonly string[];
  /** EF_DOMAIN: the home domain. */
  readonly domain: string;
  /** Proves the network and the freshness of a challenge; RAND and AUTN are 16 octets each. @see TS 33.102 §6.3.3 */
  authenticate(rand: Uint8Array, autn: Uint8Array): AuthenticateResult;
  /** The SEQ array, to be stored after each `authenticate` so that no challenge is taken twice. */
  sqnState(): SeqArray;
}

export interface CardContents {
  readonly imsi: string;
  readonly impi: string;
  readonly impus: readonly string[];
  readonly domain: string;
  /** 16 octets. */
  readonly k: Uint8Array;
  /** 16 octets. */
  readonly opc: Uint8Array;
  /** The SEQ array of an earlier `sqnState()`; a new card has none. */
  readonly sqnMs?: SeqArray;
}

/** Makes a card; throws RangeError when K, OPc or the SEQ array has a wrong size. */
export function createCard({ imsi, impi, impus, domain, k, opc, sqnMs = emptySeqArray() }: CardContents): Card {
  if (k.length !== BLOCK_OCTETS || opc.length !== BLOCK_OCTETS) throw new RangeError('K and OPc have 16 octets each');
  if (!isSeqArray(sqnMs)) throw new RangeError('the SEQ array has 32 cells of 43 bits');
  const key = { k: k.slice(), opc: opc.slice() };
  let cells: SeqArray = [...sqnMs];

  const authenticate = (rand: Uint8Array, autn: Uint8Array): AuthenticateResult => {
    if (rand.length !== BLOCK_OCTETS || autn.length !== AUTN_OCTETS) return { kind: 'mac-failure' };
    // AK uncovers SQN.
    const { res, ck, ik, ak } = f2345(key, rand);
    const sqnOctets = xor(autn.subarray(0, SQN_OCTETS), ak);
    const amf = autn.subarray(SQN_OCTETS, SQN_OCTETS + AMF_OCTETS);
    // MAC-A first: an SQN that the home network did not write must never cause a resynchronisation.
    const macA = f1(key, rand, sqnOctets, amf);
    if (!equalInConstantTime(macA, autn.subarray(SQN_OCTETS + AMF_OCTETS))) return { kind: 'mac-failure' };
    // Then freshness; a refused SQN leaves the array as it was.
    const sqn = sqnFromOctets(sqnOctets);
    if (!isFresh(cells, sqn)) return { kind: 'sync-failure', auts: makeAuts(key, rand, sqnMsOf(cells)) };
    cells = withAccepted(cells, sqn);
    return { kind: 'ok', res, ck, ik };
  };

  return { imsi, impi, impus: [...impus], domain, authenticate, sqnState: () => [...cells] };
}
