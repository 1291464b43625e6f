import type { Clock, Timer } from '../../ports/clock.ts';
import type { AkaAlgorithm } from '../../protocols/auth/digest.ts';
import type { AkaVector, DigestSecrets } from './authentication-data.ts';
import { REG_AWAIT_AUTH_MS } from './config.ts';

/** What every challenge remembers of the REGISTER that it answered. */
interface Challenged {
  readonly impi: string;
  readonly impu: string;
  readonly callId: string;
  readonly nonce: string;
}

/** Of a vector of the HSS. @see TS 33.203 §6.1.1 */
export interface AkaChallenge extends Challenged, Omit<AkaVector, 'autn'> {
  readonly algorithm: AkaAlgorithm;
  /** How many AUTS led to it in a row. */
  readonly resynchronisations: number;
}

/** Of a nonce of this box. @see TS 33.203 N.2.1 */
export interface DigestChallenge extends Challenged, DigestSecrets {
  /** Milliseconds since 1970. */
  readonly madeAtMs: number;
}

/** A challenge that was sent and waits for its response. Secret: never logged or traced. */
export type Challenge = AkaChallenge | DigestChallenge;

/** The challenges under way, one a private identity. Each is handed out for an answer once. */
export class Challenges {
  readonly #clock: Clock;
  readonly #expired: (challenge: Challenge) => void;
  readonly #byImpi = new Map<string, { readonly challenge: Challenge; readonly regAwaitAuth: Timer }>();

  /** @param expired called when reg-await-auth ran out; the challenge is forgotten by then. */
  constructor(clock: Clock, expired: (challenge: Challenge) => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  get size(): number {
    return this.#byImpi.size;
  }

  pending(impi: string): Challenge | undefined {
    return this.#byImpi.get(impi)?.challenge;
  }

  /** Keeps a new challenge in place of the one before, and starts reg-await-auth. */
  put(challenge: Challenge): void {
    const { impi } = challenge;
    this.drop(impi);
    const regAwaitAuth = this.#clock.after(REG_AWAIT_AUTH_MS, () => {
      this.#byImpi.delete(impi);
      this.#expired(challenge);
    });
    this.#byImpi.set(impi, { challenge, regAwaitAuth });
  }

  /** Forgets the challenge, so that its vector is never used again, and stops reg-await-auth. */
  drop(impi: string): void {
    this.#byImpi.get(impi)?.regAwaitAuth.stop();
    this.#byImpi.delete(impi);
  }

  close(): void {
    for (const { regAwaitAuth } of this.#byImpi.values()) regAwaitAuth.stop();
    this.#byImpi.clear();
  }
}
