import type { Clock } from '@imslab/ims-core/ports/clock';
import type { DiameterMessage } from '@imslab/ims-core/protocols/diameter/message';
import type { ApplicationAnswer } from './application.ts';
import { DUPLICATE_WINDOW_MS, MAX_KEPT_ANSWERS } from './limits.ts';

interface KeptAnswer {
  readonly at: number;
  readonly answer: Promise<ApplicationAnswer>;
}

/**
 * The answers of the last four minutes, at most the last MAX_KEPT_ANSWERS, so that a request that is sent again after a lost
 * connection (T bit) gets the answer of the first one and is not served twice.
 * They stand in two generations, and the older one is dropped whole: a Map that always loses its first entry searches for it
 * through all that it has lost before.
 * @see RFC 6733 §3, §5.5.4
 */
export class AnswerCache {
  readonly #clock: Clock;
  #younger = new Map<string, KeptAnswer>();
  #older = new Map<string, KeptAnswer>();
  /** When the first of the younger ones came. */
  #youngerSince = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The kept answer to a duplicate, or the answer that `serve` makes. */
  answer(
    request: DiameterMessage,
    originHost: string,
    serve: () => Promise<ApplicationAnswer>,
  ): Promise<ApplicationAnswer> {
    const now = this.#clock.now();
    const key = `${originHost} ${request.endToEnd} ${request.commandCode}`;
    const kept = request.retransmitted ? (this.#younger.get(key) ?? this.#older.get(key)) : undefined;
    if (kept !== undefined && kept.at >= now - DUPLICATE_WINDOW_MS) return kept.answer;
    const answer = serve();
    this.#keep(key, { at: now, answer });
    return answer;
  }

  #keep(key: string, kept: KeptAnswer): void {
    if (this.#younger.size >= MAX_KEPT_ANSWERS / 2 || this.#youngerSince < kept.at - DUPLICATE_WINDOW_MS) {
      this.#older = this.#younger;
      this.#younger = new Map();
      this.#youngerSince = kept.at;
    }
    this.#younger.set(key, kept);
  }
}
