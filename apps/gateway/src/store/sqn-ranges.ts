import { advanceSqn, seqOf } from '@imslab/ims-core/protocols/auth/sqn';
import type { Changed, GroupCommit } from './group-commit.ts';

/** How many SQNs one write reserves. After a crash the rest of a range is lost, never given twice. */
export const SQNS_PER_RESERVATION = 32;

interface SqnRange {
  /** The SQN handed out last. */
  readonly last: bigint;
  /** The last SQN that is reserved on disk. */
  readonly limit: bigint;
}

export interface SqnRangesOptions {
  /** The last SQN of each subscriber that may have been handed out. */
  readonly limits: ReadonlyMap<string, bigint>;
  readonly commits: GroupCommit;
  /** Writes the end of a range; runs inside a group. */
  readonly write: (imsi: string, limit: bigint) => void;
}

/** Hands out SQNs: each one is reserved on disk before it is given, many with one write. @see TS 33.102 C.1.1.2 */
export class SqnRanges {
  readonly #commits: GroupCommit;
  readonly #write: SqnRangesOptions['write'];
  readonly #ranges: Map<string, SqnRange>;

  constructor({ limits, commits, write }: SqnRangesOptions) {
    this.#commits = commits;
    this.#write = write;
    // Whatever was reserved before the start counts as given.
    this.#ranges = new Map([...limits].map(([imsi, limit]) => [imsi, { last: limit, limit }]));
  }

  /** Begins for a subscriber whose last SQN is `limit`. */
  add(imsi: string, limit: bigint): void {
    this.#ranges.set(imsi, { last: limit, limit });
  }

  /** Ends for a subscriber; returns what takes it back. */
  remove(imsi: string): () => void {
    const range = this.#ranges.get(imsi);
    this.#ranges.delete(imsi);
    return () => {
      if (range !== undefined) this.#ranges.set(imsi, range);
    };
  }

  async next(imsi: string): Promise<bigint> {
    const range = this.#range(imsi);
    const next = advanceSqn(range.last);
    if (this.#commits.idle && isReserved(next, range)) {
      this.#ranges.set(imsi, { ...range, last: next });
      return next;
    }
    return this.#commits.run(() => this.#take(imsi));
  }

  async reset(imsi: string, sqnMs: bigint): Promise<void> {
    this.#range(imsi);
    return this.#commits.run(() => this.#change(imsi, this.#reserve(imsi, sqnMs), undefined));
  }

  #take(imsi: string): Changed<bigint> {
    const range = this.#range(imsi);
    const next = advanceSqn(range.last);
    const { limit } = isReserved(next, range) ? range : this.#reserve(imsi, range.last);
    return this.#change(imsi, { last: next, limit }, next);
  }

  #reserve(imsi: string, last: bigint): SqnRange {
    const limit = advanceSqn(last, SQNS_PER_RESERVATION);
    this.#write(imsi, limit);
    return { last, limit };
  }

  #change<T>(imsi: string, range: SqnRange, result: T): Changed<T> {
    const before = this.#range(imsi);
    this.#ranges.set(imsi, range);
    return { result, undo: () => this.#ranges.set(imsi, before) };
  }

  #range(imsi: string): SqnRange {
    const range = this.#ranges.get(imsi);
    if (range === undefined) throw new Error(`no subscriber ${imsi}`);
    return range;
  }
}

function isReserved(sqn: bigint, { limit }: SqnRange): boolean {
  return seqOf(sqn) <= seqOf(limit);
}
