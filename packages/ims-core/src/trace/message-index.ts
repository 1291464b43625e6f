import type { Reporter } from '../ports/trace-sink.ts';

/** No place. */
export const NOWHERE = -1;

const REPORTED = { sender: 1, receiver: 2 } as const satisfies Record<Reporter, number>;

/**
 * Finds the event of a message by the hash of its octets, so that the reports of both ends make one event and a repetition is
 * known as such. Events stand at places 0 to `places - 1`; those whose hashes share a bucket are a chain, newest first.
 */
export class MessageIndex {
  readonly #hashes: Float64Array;
  readonly #reports: Uint8Array;
  readonly #older: Int32Array;
  readonly #newest: Int32Array;

  constructor(places: number) {
    this.#hashes = new Float64Array(places);
    this.#reports = new Uint8Array(places);
    this.#older = new Int32Array(places);
    // A power of two: a bucket is the lowest bits of a hash.
    this.#newest = new Int32Array(2 ** Math.ceil(Math.log2(places))).fill(NOWHERE);
  }

  /** The oldest place where this message waits for the report of this end, which it has from now on; else NOWHERE. */
  join(hash: number, by: Reporter): number {
    let found = NOWHERE;
    for (let place = this.#first(hash); place !== NOWHERE; place = this.#older[place]!) {
      if (this.#hashes[place] === hash && (this.#reports[place]! & REPORTED[by]) === 0) found = place;
    }
    if (found !== NOWHERE) this.#reports[found]! |= REPORTED[by];
    return found;
  }

  /** Puts a message at a place that is free. Returns true when this end has told of the same one before. */
  add(place: number, hash: number, by: Reporter): boolean {
    let repeated = false;
    for (let known = this.#first(hash); known !== NOWHERE; known = this.#older[known]!) {
      if (this.#hashes[known] === hash && (this.#reports[known]! & REPORTED[by]) !== 0) repeated = true;
    }
    this.#hashes[place] = hash;
    this.#reports[place] = REPORTED[by];
    this.#older[place] = this.#first(hash);
    this.#newest[this.#bucket(hash)] = place;
    return repeated;
  }

  /** Takes the oldest message out: nothing is older than what stands at this place. */
  removeOldest(place: number): void {
    const bucket = this.#bucket(this.#hashes[place]!);
    if (this.#newest[bucket] === place) {
      this.#newest[bucket] = NOWHERE;
      return;
    }
    let newer = this.#newest[bucket]!;
    while (newer !== NOWHERE && this.#older[newer] !== place) newer = this.#older[newer]!;
    if (newer !== NOWHERE) this.#older[newer] = NOWHERE;
  }

  clear(): void {
    this.#newest.fill(NOWHERE);
  }

  #first(hash: number): number {
    return this.#newest[this.#bucket(hash)]!;
  }

  #bucket(hash: number): number {
    return hash & (this.#newest.length - 1);
  }
}
