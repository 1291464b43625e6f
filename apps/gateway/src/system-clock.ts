import type { Clock } from '@imslab/ims-core/ports/clock';

const startedAt = performance.timeOrigin;

/** The machine's own clock, with microseconds from the monotonic timer on top of the wall clock of the start. */
export const systemClock: Clock = {
  now: () => startedAt + performance.now(),
  after(delayMs, fire) {
    const handle = setTimeout(fire, delayMs);
    return { stop: () => clearTimeout(handle) };
  },
};
