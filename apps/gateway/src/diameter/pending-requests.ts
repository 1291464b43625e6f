import type { Clock, Timer } from '@imslab/ims-core/ports/clock';
import type { CxFailure } from '@imslab/ims-core/ports/cx-client';
import type { DiameterMessage } from '@imslab/ims-core/protocols/diameter/message';
import { MAX_PENDING_REQUESTS, REQUEST_TIMEOUT_MS } from './limits.ts';

/** How a request ended. `seq`: trace number of the answer. */
export type RequestOutcome =
  | { readonly ok: true; readonly answer: DiameterMessage; readonly seq: number }
  | { readonly ok: false; readonly failure: CxFailure; readonly text: string; readonly seq?: number };

interface PendingRequest {
  readonly commandCode: number;
  /** Trace number of the request. */
  readonly seq: number;
  readonly deadline: number;
  readonly settle: (outcome: RequestOutcome) => void;
}

/**
 * The requests of one connection that wait for answers, by Hop-by-Hop identifier. Each ends exactly once. All wait equally
 * long, so the first one of the list is the next to run out and one timer is enough.
 */
export class PendingRequests {
  readonly #clock: Clock;
  readonly #waiting = new Map<number, PendingRequest>();
  #timer: Timer | undefined;

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

  /** Waits for the answer, at most REQUEST_TIMEOUT_MS. */
  add(hopByHop: number, commandCode: number, seq: number, settle: (outcome: RequestOutcome) => void): void {
    const deadline = this.#clock.now() + REQUEST_TIMEOUT_MS;
    this.#waiting.set(hopByHop, { commandCode, seq, deadline, settle });
    // A timer that runs for an answered request is left alone: it looks again when it fires.
    this.#timer ??= this.#clock.after(REQUEST_TIMEOUT_MS, () => this.#expire());
  }

  /** Ends one request. Returns false when none waits under this identifier. */
  settle(hopByHop: number, outcome: RequestOutcome): boolean {
    const pending = this.#waiting.get(hopByHop);
    if (pending === undefined) return false;
    this.#waiting.delete(hopByHop);
    pending.settle(outcome);
    return true;
  }

  /** Ends all of them at once. */
  rejectAll(text: string): void {
    this.#timer?.stop();
    this.#timer = undefined;
    for (const hopByHop of [...this.#waiting.keys()]) {
      this.settle(hopByHop, { ok: false, failure: 'peer-down', text });
    }
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const [hopByHop, { deadline }] of this.#waiting) {
      if (deadline > now) {
        this.#timer ??= this.#clock.after(deadline - now, () => this.#expire());
        return;
      }
      this.settle(hopByHop, { ok: false, failure: 'timeout', text: `no answer within ${REQUEST_TIMEOUT_MS} ms` });
    }
  }
}
