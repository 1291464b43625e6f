/**
 * The sequence number of AKA: 48 bits, SEQ (43) then IND (5), not based on time.
 * @see TS 33.102 Annex C.1.1.2, C.3.2
 */
import { SQN_OCTETS } from './milenage.ts';

const IND_BITS = 5;
/** How many cells the card's array has, one for each IND. @see TS 33.102 C.2.2 */
export const IND_COUNT = 2 ** IND_BITS;
const SEQ_MAX = 2 ** 43 - 1;
/** Δ: a jump in SEQ that is larger is refused, so that nobody can wear the counter out. @see TS 33.102 C.2.1 */
export const SEQ_DELTA = 2 ** 28;

/** The most recent SEQ accepted under each IND, 32 safe integers; a new card has zeros. @see TS 33.102 C.2.2 */
export type SeqArray = readonly number[];

/** SEQ of an SQN: 43 bits, a safe integer. */
export function seqOf(sqn: bigint): number {
  return Number(sqn >> BigInt(IND_BITS));
}

/** IND of an SQN: 0..31. */
export function indOf(sqn: bigint): number {
  return Number(sqn % BigInt(IND_COUNT));
}

/** The SQN that SEQ and IND make. */
export function sqnOf(seq: number, ind: number): bigint {
  return BigInt(seq) * BigInt(IND_COUNT) + BigInt(ind);
}

/** SQN as it stands in AUTN and AUTS: 6 octets, most significant first. */
export function sqnToOctets(sqn: bigint): Uint8Array {
  const octets = new Uint8Array(SQN_OCTETS);
  let rest = sqn;
  for (let index = SQN_OCTETS - 1; index >= 0; index -= 1) {
    octets[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return octets;
}

/** SQN of 6 octets. */
export function sqnFromOctets(octets: Uint8Array): bigint {
  return octets.reduce((sqn, octet) => (sqn << 8n) | BigInt(octet), 0n);
}

/** SQN_HE of a new subscription: the last number before SEQ 1, IND 0. */
export const INITIAL_SQN_HE = sqnOf(0, IND_COUNT - 1);

/** The HSS's SQN `steps` vectors further on: SEQ and IND one more for each vector. Throws RangeError when SEQ is used up. @see TS 33.102 C.1.1.2 */
export function advanceSqn(sqn: bigint, steps = 1): bigint {
  const seq = seqOf(sqn) + steps;
  if (seq > SEQ_MAX) throw new RangeError('all SEQ values of this subscription are used up');
  return sqnOf(seq, (indOf(sqn) + steps) % IND_COUNT);
}

/** A new card's array. */
export function emptySeqArray(): SeqArray {
  return new Array<number>(IND_COUNT).fill(0);
}

/** True for a value that can be a card's array, for example one read back from a browser's storage. */
export function isSeqArray(value: unknown): value is SeqArray {
  return (
    Array.isArray(value) &&
    value.length === IND_COUNT &&
    [...value].every((seq) => Number.isSafeInteger(seq) && seq >= 0 && seq <= SEQ_MAX)
  );
}

/** SQN_MS: the highest SEQ the card ever accepted, with the IND it came under. @see TS 33.102 C.2.2 */
export function sqnMsOf(cells: SeqArray): bigint {
  const seqMax = Math.max(...cells);
  return sqnOf(seqMax, cells.indexOf(seqMax));
}

/** Whether the card takes this SQN as fresh. The age limit L is not used, as in profile 2. @see TS 33.102 C.2.1, C.2.2 */
export function isFresh(cells: SeqArray, sqn: bigint): boolean {
  const seq = seqOf(sqn);
  const seqMax = Math.max(...cells);
  return seq - seqMax <= SEQ_DELTA && seq > (cells[indOf(sqn)] ?? SEQ_MAX);
}

/** The card's array after it accepted this SQN. @see TS 33.102 C.2.2 */
export function withAccepted(cells: SeqArray, sqn: bigint): SeqArray {
  return cells.with(indOf(sqn), seqOf(sqn));
}

/** Whether a card that reported this SQN_MS would take the HSS's SQN: ahead of it by at most Δ. @see TS 33.102 §6.3.5, C.3.2 */
export function isInCardRange(sqn: bigint, sqnMs: bigint): boolean {
  const ahead = seqOf(sqn) - seqOf(sqnMs);
  return ahead > 0 && ahead <= SEQ_DELTA;
}
