import type { Clock } from '../../ports/clock.ts';
import type { DigestSecrets } from './authentication-data.ts';
import { DIGEST_NONCE_LIFETIME_MS, MAX_DIGEST_NONCES } from './config.ts';

/** A nonce with which a user proved the password, and the highest count that came with it. Secret: never logged or traced. */
export interface ProvenNonce extends DigestSecrets {
  readonly nonce: string;
  /** `nc`; 0 when the UE counts none: then it serves once. */
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly madeAtMs: number;
}

/**
 * The nonces that phones with a password may use again, one a private identity. They are few, and each for a limited time.
 * @see RFC 7616 §3.4 (nc), §5.4
 */
export class DigestNonces {
  readonly #clock: Clock;
  readonly #byImpi = new Map<string, ProvenNonce>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  byImpi(impi: string): ProvenNonce | undefined {
    const proven = this.#byImpi.get(impi);
    const isOver = proven !== undefined && this.#clock.now() - proven.madeAtMs >= DIGEST_NONCE_LIFETIME_MS;
    return isOver ? undefined : proven;
  }

  put(impi: string, proven: ProvenNonce): void {
    this.#byImpi.delete(impi);
    this.#byImpi.set(impi, proven);
    if (this.#byImpi.size <= MAX_DIGEST_NONCES) return;
    const longestUnused = this.#byImpi.keys().next();
    if (!longestUnused.done) this.#byImpi.delete(longestUnused.value);
  }
}
