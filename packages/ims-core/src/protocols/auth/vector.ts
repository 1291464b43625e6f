import { AMF_OCTETS, f1Star, f5Star, f12345, MAC_OCTETS, type MilenageKey, SQN_OCTETS } from './milenage.ts';
import { concat, equalInConstantTime, xor } from './octets.ts';
import { sqnFromOctets, sqnToOctets } from './sqn.ts';

export const AUTS_OCTETS = SQN_OCTETS + MAC_OCTETS;

/** AMF* of a resynchronisation: always 0000. @see TS 33.102 §6.3.3 */
const AMF_STAR = new Uint8Array(AMF_OCTETS);

/** What the HSS gives the S-CSCF for one challenge; to be used once. @see TS 33.102 §6.3.2 */
export interface AuthenticationVector {
  /** 16 octets. */
  readonly rand: Uint8Array;
  /** (SQN ⊕ AK) ‖ AMF ‖ MAC-A, 16 octets. */
  readonly autn: Uint8Array;
  /** 8 octets. */
  readonly xres: Uint8Array;
  /** 16 octets. */
  readonly ck: Uint8Array;
  /** 16 octets. */
  readonly ik: Uint8Array;
}

/** The vector of the HSS for one SQN and one RAND; AMF is 2 octets. @see TS 33.102 §6.3.2 */
export function makeVector(
  key: MilenageKey,
  { amf, sqn, rand }: { readonly amf: Uint8Array; readonly sqn: bigint; readonly rand: Uint8Array },
): AuthenticationVector {
  const sqnOctets = sqnToOctets(sqn);
  const { mac, res, ck, ik, ak } = f12345(key, rand, sqnOctets, amf);
  const autn = concat(xor(sqnOctets, ak), amf, mac);
  return { rand, autn, xres: res, ck, ik };
}

/** AUTS = (SQN_MS ⊕ AK*) ‖ MAC-S, 14 octets. @see TS 33.102 §6.3.3 */
export function makeAuts(key: MilenageKey, rand: Uint8Array, sqnMs: bigint): Uint8Array {
  const sqnOctets = sqnToOctets(sqnMs);
  return concat(xor(sqnOctets, f5Star(key, rand)), f1Star(key, rand, sqnOctets, AMF_STAR));
}

export type AutsResult =
  | { readonly ok: true; readonly sqnMs: bigint }
  | { readonly ok: false; readonly code: 'AKA_AUTS_LENGTH' | 'AKA_MAC_S_FAILURE' };

/** SQN_MS of an AUTS that answers the challenge `rand`, when its MAC-S is the card's. @see TS 33.102 §6.3.5 */
export function verifyAuts(key: MilenageKey, rand: Uint8Array, auts: Uint8Array): AutsResult {
  if (auts.length !== AUTS_OCTETS) return { ok: false, code: 'AKA_AUTS_LENGTH' };
  const sqnOctets = xor(auts.subarray(0, SQN_OCTETS), f5Star(key, rand));
  const macS = f1Star(key, rand, sqnOctets, AMF_STAR);
  if (!equalInConstantTime(macS, auts.subarray(SQN_OCTETS))) return { ok: false, code: 'AKA_MAC_S_FAILURE' };
  return { ok: true, sqnMs: sqnFromOctets(sqnOctets) };
}
