import type { TraceParty } from '../../trace/event.ts';

/** What an S-CSCF is told about its network. */
export interface ScscfConfig {
  /** This box on the ladder: a network may have several. */
  readonly party: TraceParty;
  /** Home domain: realm of the challenge, IOI, and the domain whose users it serves. */
  readonly domain: string;
  /** Own SIP URI as it stands in Server-Name: `sip:scscf.<domain>:6060`. */
  readonly uri: string;
  /** Entry point of the home domain for sessions: `sip:icscf.<domain>:4060`. */
  readonly icscfUri: string;
  /**
   * IP addresses inside the trust domain; everything else is refused with 403.
   *
   * Deviation: TS 33.210 guards the core with IPsec; here the address is what tells a neighbour, so on loopback every process of this machine is one.
   * @see TS 24.229 4.4
   */
  readonly trustedSources: readonly string[];
  /** Networks from which users may register; the home domain when a REGISTER names none. @see TS 24.229 5.4.1.2.1 */
  readonly visitedNetworks: readonly string[];
  /** Shortest registration; a shorter wish is answered with 423. */
  readonly minExpiresS: number;
  /** Longest registration, and the one that a REGISTER without a wish gets. */
  readonly maxExpiresS: number;
}

/** A challenge waits this long for its response. @see TS 24.229 table 7.8.1 (reg-await-auth) */
export const REG_AWAIT_AUTH_MS = 240_000;

/** Resynchronisations in a row before the registration fails. */
export const MAX_RESYNCHRONISATIONS = 2;

/** Contacts and flows that one private identity may have registered at the same time. */
export const MAX_CONTACTS = 10;

/** Challenges that wait for a response; one more is answered with 503. */
export const MAX_PENDING_CHALLENGES = 10_000;

/** Retry-After of a 480 that says the HSS did not answer, and of a 503. */
export const RETRY_AFTER_S = 10;
