import type { Clock } from '../../ports/clock.ts';
import type { SipFlow } from '../../ports/sip-transport.ts';
import { MAX_REQUESTS_PER_SECOND } from './config.ts';

const WINDOW_MS = 1000;

/** How many requests each UE sends a second. */
export class RequestLimit {
  readonly #clock: Clock;
  readonly #windows = new WeakMap<SipFlow, { readonly since: number; count: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one request; false when it is one too many for the UEs registered on this flow. */
  allows(flow: SipFlow, registered: number): boolean {
    const now = this.#clock.now();
    const window = this.#windows.get(flow);
    if (window === undefined || now - window.since >= WINDOW_MS) {
      this.#windows.set(flow, { since: now, count: 1 });
      return true;
    }
    window.count += 1;
    return window.count <= MAX_REQUESTS_PER_SECOND * Math.max(1, registered);
  }
}
