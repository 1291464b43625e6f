import { advanceSqn, seqOf } from '@imslab/ims-core/protocols/auth/sqn';

/** How many SQNs one write reserves. After a crash the rest of a range is lost, never given twice. */
export const SQNS_PER_RESERVATION = 32;

/** Where the end of each reserved range is kept. Both are durable when they resolve. */
export interface SqnLimits {
  /** The last SQN that may have been handed out; rejects when the subscriber is unknown. */
  read(imsi: string): Promise<bigint>;
  write(imsi: string, limit: bigint): Promise<void>;
}

interface SqnRange {
  /** The SQN handed out last. */
  last: bigint;
  /** The last SQN that is reserved. */
  limit: bigint;
}

/** Hands out SQNs: each one is reserved on disk before it is given, many with one write. @see TS 33.102 C.1.1.2 */
export class SqnRanges {
  readonly #limits: SqnLimits;
  readonly #ranges = new Map<string, SqnRange>();
  #lastWork: Promise<unknown> = Promise.resolve();

  constructor(limits: SqnLimits) {
    this.#limits = limits;
  }

  next(imsi: string): Promise<bigint> {
    return this.#oneByOne(async () => {
      const { last, limit } = this.#ranges.get(imsi) ?? (await this.#begin(imsi));
      const next = advanceSqn(last);
      const newLimit = seqOf(next) > seqOf(limit) ? await this.#reserve(imsi, last) : limit;
      this.#ranges.set(imsi, { last: next, limit: newLimit });
      return next;
    });
  }

  reset(imsi: string, sqnMs: bigint): Promise<void> {
    return this.#oneByOne(async () => {
      // An unknown subscriber has nothing to reset.
      await this.#limits.read(imsi);
      this.#ranges.set(imsi, { last: sqnMs, limit: await this.#reserve(imsi, sqnMs) });
    });
  }

  /** The first use since the start: whatever was reserved before counts as given. */
  async #begin(imsi: string): Promise<SqnRange> {
    const limit = await this.#limits.read(imsi);
    return { last: limit, limit };
  }

  async #reserve(imsi: string, last: bigint): Promise<bigint> {
    const limit = advanceSqn(last, SQNS_PER_RESERVATION);
    await this.#limits.write(imsi, limit);
    return limit;
  }

  #oneByOne<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#lastWork.then(work);
    this.#lastWork = result.catch(() => undefined);
    return result;
  }
}
