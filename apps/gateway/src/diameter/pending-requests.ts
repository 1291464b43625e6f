import type { Clock, Timer } from '@imslab/ims-core/ports/clock';
import type { CxFailure } from '@imslab/ims-core/ports/cx-client';
import type { DiameterMessage } from '@imslab/ims-core/protocols/diameter/message';
import { MAX_PENDING_REQUESTS } from './limits.ts';

/** How a request ended. `seq`: trace number of the answer. */
export type RequestOutcome =
  | { readonly ok: true; readonly answer: DiameterMessage; readonly seq: number }
  | { readonly ok: false; readonly failure: CxFailure; readonly text: string; readonly seq?: number };

interface PendingRequest {
  readonly commandCode: number;
  /** Trace number of the request. */
  readonly seq: number;
  readonly timer: Timer;
  readonly resolve: (outcome: RequestOutcome) => void;
}

/** The requests of one connection that wait for answers, by Hop-by-Hop identifier. Each ends exactly once. */
export class PendingRequests {
  readonly #clock: Clock;
  readonly #waiting = new Map<number, PendingRequest>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get full(): boolean {
    return this.#waiting.size >= MAX_PENDING_REQUESTS;
  }

  has(hopByHop: number): boolean {
    return this.#waiting.has(hopByHop);
  }

  get(hopByHop: number): { readonly commandCode: number; readonly seq: number } | undefined {
    return this.#waiting.get(hopByHop);
  }

  /** Waits for the answer, at most `timeoutMs`. */
  add(hopByHop: number, commandCode: number, seq: number, timeoutMs: number): Promise<RequestOutcome> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(timeoutMs, () => {
        this.#waiting.delete(hopByHop);
        resolve({ ok: false, failure: 'timeout', text: `no answer within ${timeoutMs} ms` });
      });
      this.#waiting.set(hopByHop, { commandCode, seq, timer, resolve });
    });
  }

  /** Ends one request. Returns false when none waits under this identifier. */
  settle(hopByHop: number, outcome: RequestOutcome): boolean {
    const pending = this.#waiting.get(hopByHop);
    if (pending === undefined) return false;
    this.#waiting.delete(hopByHop);
    pending.timer.stop();
    pending.resolve(outcome);
    return true;
  }

  /** Ends all of them at once. */
  rejectAll(text: string): void {
    for (const hopByHop of [...this.#waiting.keys()]) {
      this.settle(hopByHop, { ok: false, failure: 'peer-down', text });
    }
  }
}
