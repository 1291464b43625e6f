import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import type { SessionCase } from '../../ports/service-profile.ts';
import { chargingVector } from '../../protocols/sip/charging-vector.ts';
import { hex } from '../../protocols/sip/ids.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { MAX_ORIGINAL_DIALOGS, ORIGINAL_DIALOG_LIFETIME_MS } from './config.ts';

/** How far the services of one user have come with one initial request. */
export interface ServiceChain {
  /** Public identity of the served user, in canonical form. */
  readonly servedUser: string;
  readonly sessionCase: SessionCase;
  /** Request-URI with which the request first came for this user. */
  readonly requestUri: string;
  /** Priority of the criterion that was tried last; undefined before the first. */
  readonly after: number | undefined;
  /** Application servers that were asked. */
  readonly invoked: number;
  /** Charging identity of the session; undefined when it has none. */
  readonly icid: string | undefined;
}

/** The services of a user, none of them asked yet. */
export function newChain(message: SipRequest, servedUser: string, sessionCase: SessionCase): ServiceChain {
  const icid = chargingVector(message)?.icidValue;
  return { servedUser, sessionCase, requestUri: message.uri, after: undefined, invoked: 0, icid };
}

/** Octets of an original dialog identifier. */
const TOKEN_OCTETS = 12;

interface Entry {
  readonly chain: ServiceChain;
  readonly expiresAtMs: number;
  returned: boolean;
}

/**
 * The service chains of which an application server has the request, by original dialog identifier. Each server gets an identifier of its own, so
 * that a request which comes back goes on behind that server, and no server is asked twice. All live equally long; the oldest give way.
 * @see TS 24.229 5.4.3.2, 5.4.3.4
 */
export class OriginalDialogs {
  readonly #clock: Clock;
  readonly #random: Random;
  /** In the order of expiry. */
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Keeps a chain. Returns its identifier, which nobody can guess. */
  open(chain: ServiceChain): string {
    const nowMs = this.#clock.now();
    for (const [token, { expiresAtMs }] of this.#entries) {
      if (expiresAtMs > nowMs && this.#entries.size < MAX_ORIGINAL_DIALOGS) break;
      this.#entries.delete(token);
    }
    const token = hex(this.#random.bytes(TOKEN_OCTETS));
    this.#entries.set(token, { chain, expiresAtMs: nowMs + ORIGINAL_DIALOG_LIFETIME_MS, returned: false });
    return token;
  }

  /** A request comes back. Undefined for an identifier that never was or is no more. */
  take(token: string): ServiceChain | undefined {
    const entry = this.#entries.get(token);
    if (entry === undefined || entry.expiresAtMs <= this.#clock.now()) return undefined;
    entry.returned = true;
    return entry.chain;
  }

  /** The server failed: what it returns now comes too late. */
  close(token: string): void {
    this.#entries.delete(token);
  }

  /** Whether the server has given the request back at least once. */
  wasReturned(token: string): boolean {
    return this.#entries.get(token)?.returned ?? false;
  }
}
