import type { Clock, Timer } from '@imslab/ims-core/ports/clock';
import type { Random } from '@imslab/ims-core/ports/random';
import { WATCHDOG_JITTER_MS, WATCHDOG_MS } from './limits.ts';

/** The timer Tw: runs out when nothing restarted it for 30 s, give or take 2 s. @see RFC 3539 §3.4.1 */
export class Watchdog {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #expired: () => void;
  #timer: Timer | undefined;
  #intervalMs = WATCHDOG_MS;
  #deadline = 0;

  constructor(clock: Clock, random: Random, expired: () => void) {
    this.#clock = clock;
    this.#random = random;
    this.#expired = expired;
  }

  /** Called for every message that arrives, so it only moves the deadline of a running timer. */
  restart(): void {
    if (this.#timer === undefined) this.#start();
    this.#deadline = this.#clock.now() + this.#intervalMs;
  }

  stop(): void {
    this.#timer?.stop();
    this.#timer = undefined;
  }

  #start(): void {
    const [octet = 0] = this.#random.bytes(1);
    this.#intervalMs = WATCHDOG_MS + WATCHDOG_JITTER_MS * ((octet / 255) * 2 - 1);
    this.#timer = this.#clock.after(this.#intervalMs, () => this.#fire());
  }

  #fire(): void {
    const leftMs = this.#deadline - this.#clock.now();
    this.#timer = leftMs > 0 ? this.#clock.after(leftMs, () => this.#fire()) : undefined;
    if (this.#timer === undefined) this.#expired();
  }
}
