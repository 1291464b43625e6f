import type { Clock, Timer } from '@imslab/ims-core/ports/clock';

const startedAt = performance.timeOrigin;

class SystemTimer implements Timer {
  readonly #handle: NodeJS.Timeout;

  constructor(delayMs: number, fire: () => void) {
    this.#handle = setTimeout(fire, delayMs);
  }

  stop(): void {
    clearTimeout(this.#handle);
  }
}

/** The machine's own clock, with microseconds from the monotonic timer on top of the wall clock of the start. */
export const systemClock: Clock = {
  now: () => startedAt + performance.now(),
  after: (delayMs, fire) => new SystemTimer(delayMs, fire),
};
