import type { Clock } from '@imslab/ims-core/ports/clock';
import type { DiameterMessage } from '@imslab/ims-core/protocols/diameter/message';
import type { ApplicationAnswer } from './application.ts';
import { DUPLICATE_WINDOW_MS, MAX_KEPT_ANSWERS } from './limits.ts';

interface KeptAnswer {
  readonly at: number;
  readonly answer: Promise<ApplicationAnswer>;
}

/**
 * The answers of the last four minutes, so that a request that is sent again after a lost connection (T bit) gets the answer of
 * the first one and is not served twice.
 * @see RFC 6733 §3, §5.5.4
 */
export class AnswerCache {
  readonly #clock: Clock;
  readonly #kept = new Map<string, KeptAnswer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The kept answer to a duplicate, or the answer that `serve` makes. */
  answer(
    request: DiameterMessage,
    originHost: string,
    serve: () => Promise<ApplicationAnswer>,
  ): Promise<ApplicationAnswer> {
    this.#forgetOld();
    const key = `${originHost} ${request.endToEnd} ${request.commandCode}`;
    const kept = request.retransmitted ? this.#kept.get(key) : undefined;
    if (kept !== undefined) return kept.answer;
    const answer = serve();
    this.#kept.delete(key);
    this.#kept.set(key, { at: this.#clock.now(), answer });
    return answer;
  }

  #forgetOld(): void {
    const oldest = this.#clock.now() - DUPLICATE_WINDOW_MS;
    for (const [key, { at }] of this.#kept) {
      if (at >= oldest && this.#kept.size < MAX_KEPT_ANSWERS) return;
      this.#kept.delete(key);
    }
  }
}
