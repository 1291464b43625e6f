import type { Clock, Timer } from '../../src/ports/clock.ts';

interface Entry {
  readonly due: number;
  readonly order: number;
  readonly fire: () => void;
}

/** A clock that stands still until a test moves it. Timers fire in the order in which they are due. */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #entries = new Set<Entry>();

  /** @param startMs milliseconds since 1970. */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, fire: () => void): Timer {
    this.#order += 1;
    const entry: Entry = { due: this.#now + Math.max(0, delayMs), order: this.#order, fire };
    this.#entries.add(entry);
    return { stop: () => void this.#entries.delete(entry) };
  }

  /** How many timers wait. A test that closes everything expects 0. */
  get pending(): number {
    return this.#entries.size;
  }

  /** Moves time on by `ms`, fires what becomes due, and lets all promises settle after each timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#entries.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.fire();
      await this.settle();
    }
    this.#now = end;
  }

  /** Lets every promise that can go on, go on; time stands still. */
  settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  #next(end: number): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries) {
      if (entry.due > end) continue;
      if (first === undefined || entry.due < first.due || (entry.due === first.due && entry.order < first.order)) {
        first = entry;
      }
    }
    return first;
  }
}
