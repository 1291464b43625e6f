import type { Clock, Timer } from '../../ports/clock.ts';

/** The clock counts in fractions of a millisecond, its timers in whole ones: this much too early is on time. */
const TIMER_RESOLUTION_MS = 1;

/**
 * The deadlines of many owners behind one timer of the clock, in a binary heap. What happens at a deadline is said once for all
 * of them, so that one costs a small record where a timer of its own would cost a timer and its closures.
 */
export class DeadlineQueue<Owner> {
  readonly #clock: Clock;
  readonly #reached: (owner: Owner) => void;
  /** A heap: each deadline comes before the two at twice its place plus one and two. */
  readonly #heap: Deadline<Owner>[] = [];
  #serial = 0;
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  /** @param reached called once a deadline, unless it was stopped; those of one moment in the order in which they were set. */
  constructor(clock: Clock, reached: (owner: Owner) => void) {
    this.#clock = clock;
    this.#reached = reached;
  }

  /** How many deadlines are ahead. */
  get size(): number {
    return this.#heap.length;
  }

  after(delayMs: number, owner: Owner): Timer {
    this.#serial += 1;
    const atMs = this.#clock.now() + Math.max(0, delayMs);
    const deadline = new Deadline(this, owner, atMs, this.#serial, this.#heap.length);
    this.#heap.push(deadline);
    this.#rise(deadline);
    this.#setTimer();
    return deadline;
  }

  /** Takes a deadline out; one that is over is no longer there. */
  remove(deadline: Deadline<Owner>): void {
    const { place } = deadline;
    if (this.#heap[place] !== deadline) return;
    const last = this.#heap.pop();
    if (last !== undefined && last !== deadline) {
      this.#put(last, place);
      this.#rise(last);
      this.#sink(last);
    }
    this.#setTimer();
  }

  /** Forgets all deadlines. */
  close(): void {
    this.#heap.length = 0;
    this.#setTimer();
  }

  #setTimer(): void {
    const atMs = this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
    if (atMs === this.#timerAtMs) return;
    this.#timer?.stop();
    this.#timerAtMs = atMs;
    this.#timer = this.#heap.length === 0 ? undefined : this.#clock.after(atMs - this.#clock.now(), () => this.#fire());
  }

  #fire(): void {
    this.#timer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const untilMs = this.#clock.now() + TIMER_RESOLUTION_MS;
    for (let first = this.#heap[0]; first !== undefined && first.atMs < untilMs; first = this.#heap[0]) {
      this.remove(first);
      this.#reached(first.owner);
    }
    this.#setTimer();
  }

  #rise(deadline: Deadline<Owner>): void {
    for (;;) {
      const place = (deadline.place - 1) >> 1;
      const above = this.#heap[place];
      if (above === undefined || above.isBefore(deadline)) return;
      this.#put(above, deadline.place);
      this.#put(deadline, place);
    }
  }

  #sink(deadline: Deadline<Owner>): void {
    for (;;) {
      const left = this.#heap[2 * deadline.place + 1];
      const right = this.#heap[2 * deadline.place + 2];
      const next = left !== undefined && right?.isBefore(left) ? right : left;
      if (next === undefined || deadline.isBefore(next)) return;
      const { place } = next;
      this.#put(next, deadline.place);
      this.#put(deadline, place);
    }
  }

  #put(deadline: Deadline<Owner>, place: number): void {
    this.#heap[place] = deadline;
    deadline.place = place;
  }
}

class Deadline<Owner> implements Timer {
  readonly owner: Owner;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly #queue: DeadlineQueue<Owner>;
  readonly #serial: number;
  /** Where it stands in the heap. */
  place: number;

  constructor(queue: DeadlineQueue<Owner>, owner: Owner, atMs: number, serial: number, place: number) {
    this.owner = owner;
    this.atMs = atMs;
    this.#queue = queue;
    this.#serial = serial;
    this.place = place;
  }

  isBefore(other: Deadline<Owner>): boolean {
    return this.atMs === other.atMs ? this.#serial < other.#serial : this.atMs < other.atMs;
  }

  stop(): void {
    this.#queue.remove(this);
  }
}
