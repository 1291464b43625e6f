import type { Clock } from '../../ports/clock.ts';
import type { SipFlow } from '../../ports/sip-transport.ts';
import { MAX_REQUESTS_PER_SECOND } from './config.ts';

const WINDOW_MS = 1000;

/** How many requests each UE sends a second. */
export class RequestLimit {
  readonly #clock: Clock;
  /** Requests of the running window. */
  readonly #counts = new Map<SipFlow, number>();
  #since = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one request; false when it is one too many for the UEs registered on this flow. */
  allows(flow: SipFlow, registered: number): boolean {
    const now = this.#clock.now();
    if (now - this.#since >= WINDOW_MS) {
      this.#counts.clear();
      this.#since = now;
    }
    const count = (this.#counts.get(flow) ?? 0) + 1;
    this.#counts.set(flow, count);
    return count <= MAX_REQUESTS_PER_SECOND * Math.max(1, registered);
  }
}
