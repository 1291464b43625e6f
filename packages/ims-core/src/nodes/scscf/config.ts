import type { AkaAlgorithm } from '../../protocols/auth/digest.ts';
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
  /** What a UE may announce; the first is for one that announces none of them. @see TS 33.203 §6.1, X.2.3 */
  readonly akaAlgorithms: readonly [AkaAlgorithm, ...AkaAlgorithm[]];
  /** Shortest registration; a shorter wish is answered with 423. */
  readonly minExpiresS: number;
  /** Longest registration, and the one that a REGISTER without a wish gets. */
  readonly maxExpiresS: number;
}

/** A challenge waits this long for its response. @see TS 24.229 table 7.8.1 (reg-await-auth) */
export const REG_AWAIT_AUTH_MS = 240_000;

/** Resynchronisations in a row before the registration fails. */
export const MAX_RESYNCHRONISATIONS = 2;

/** Octets of a nonce for SIP Digest. */
export const DIGEST_NONCE_OCTETS = 16;

/** A nonce of SIP Digest may be used again this long: a phone that registers for an hour is challenged about once an hour. */
export const DIGEST_NONCE_LIFETIME_MS = 3_600_000;

/** Nonces of SIP Digest that are remembered; the one that was not used for longest gives way. */
export const MAX_DIGEST_NONCES = 20_000;

/** Contacts and flows that one private identity may have registered at the same time. */
export const MAX_CONTACTS = 10;

/** Challenges that wait for a response; one more is answered with 503. */
export const MAX_PENDING_CHALLENGES = 10_000;

/** Retry-After of a 480 that says the HSS did not answer, and of a 503. */
export const RETRY_AFTER_S = 10;

/** Shortest and longest subscription to a registration; a shorter wish is answered with 423. @see RFC 6665 §4.2.1.1 */
export const MIN_SUBSCRIPTION_S = 60;
export const MAX_SUBSCRIPTION_S = 600_000;

/** A subscription to a registration that names no time. @see RFC 3680 §4.4 */
export const DEFAULT_SUBSCRIPTION_S = 3761;

/** Subscriptions to the registration of one public identity; one more is answered with 503. */
export const MAX_SUBSCRIPTIONS_PER_IDENTITY = 20;

/** An application server has to answer in this time, be it with a 100. @see TS 24.229 5.4.3.2 */
export const APPLICATION_SERVER_ANSWER_MS = 4_000;

/** Application servers that one request may meet for one user. */
export const MAX_CHAINED_APPLICATION_SERVERS = 10;

/** How long an application server may keep a request and return it. */
export const ORIGINAL_DIALOG_LIFETIME_MS = 600_000;

/** Requests that application servers may have at the same time; the oldest identifiers give way. */
export const MAX_ORIGINAL_DIALOGS = 20_000;

/** Different lists of initial filter criteria that are kept for users who share them. */
export const MAX_SHARED_CRITERIA = 1_024;

/** The profile of a user who is not registered is held this long after the HSS gave it. */
export const UNREGISTERED_USER_LIFETIME_MS = 600_000;

/** Users served without being registered; the oldest gives way. */
export const MAX_UNREGISTERED_USERS = 10_000;
