import type { Clock, Timer } from '@imslab/ims-core/ports/clock';
import type { Random } from '@imslab/ims-core/ports/random';
import { FIRST_RECONNECT_MS, RECONNECT_MS } from './limits.ts';
import { Watchdog } from './watchdog.ts';

export interface PeerTimerEvents {
  onTw(): void;
  onTc(): void;
  onAnswer(): void;
}

/** The timers of one peer. */
export class PeerTimers {
  readonly #clock: Clock;
  readonly #events: PeerTimerEvents;
  readonly #watchdog: Watchdog;
  #tc: Timer | undefined;
  #answer: Timer | undefined;
  #reconnectMs = FIRST_RECONNECT_MS;

  constructor(clock: Clock, random: Random, events: PeerTimerEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#watchdog = new Watchdog(clock, random, () => events.onTw());
  }

  /** Tw from now on. */
  startTw(): void {
    this.#watchdog.restart();
  }

  /** Tc: 1 s after the first failure, then twice as long each time, up to 30 s. */
  startTc(): void {
    this.#tc = this.#clock.after(this.#reconnectMs, () => this.#events.onTc());
    this.#reconnectMs = Math.min(this.#reconnectMs * 2, RECONNECT_MS);
  }

  /** The next Tc is the shortest again. */
  forgetFailures(): void {
    this.#reconnectMs = FIRST_RECONNECT_MS;
  }

  startAnswer(delayMs: number): void {
    this.#answer?.stop();
    this.#answer = this.#clock.after(delayMs, () => this.#events.onAnswer());
  }

  stopAll(): void {
    this.#watchdog.stop();
    this.#tc?.stop();
    this.#answer?.stop();
  }
}
