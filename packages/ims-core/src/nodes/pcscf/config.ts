/** What the P-CSCF must know of the network around it. */
export interface PcscfConfig {
  /** Home domain: realm, visited network and IOI of this network. */
  readonly domain: string;
  /** Its own name in Path and Record-Route, for example `pcscf.<domain>`. */
  readonly host: string;
  /** SIP port (UDP and TCP) in its own URIs. */
  readonly port: number;
  /** Port of the page's origin, in the Record-Route entry towards a browser. */
  readonly webSocketPort: number;
  /** IP addresses of the other nodes of the trust domain: only they send requests towards UEs. @see TS 24.229 4.4 */
  readonly trustedSources: readonly string[];
  /** Watches the registration of each UE at the S-CSCF. Default true; false saves six messages a registration. @see TS 24.229 5.2.3 */
  readonly subscribesToRegEvent?: boolean;
  readonly session: SessionTimerPolicy;
}

/** What the network wants of session timers. @see RFC 4028 §4, §5 */
export interface SessionTimerPolicy {
  /** Longest time between two refreshes, seconds. */
  readonly sessionExpiresS: number;
  /**
   * Shortest interval that is let through, seconds; a shorter one is answered with 422.
   *
   * Deviation: RFC 4028 §5 allows none below 90 s; a lab may, to see a session expire.
   */
  readonly minSeS: number;
}

/** The called UE's pass waits this much longer for a session to expire: the caller's pass ends it first, and its BYE comes by here. */
export const TERMINATING_EXPIRY_LATER_MS = 2_000;

/** How long a UE whose flow was lost may take to come back with the same contact. */
export const RECONNECT_GRACE_MS = 10_000;

/** Dialogs and tokens of a contact that is no longer registered live this long: 64*T1, for the last requests under way. */
export const DEREGISTERED_LINGER_MS = 32_000;

/** A challenge waits this long for its response. @see TS 24.229 table 7.8.1 (reg-await-auth) */
export const CHALLENGE_LIFETIME_MS = 240_000;

/** Keep-alive interval that the UE is asked for in its Via. @see RFC 6223 §4.3 */
export const KEEP_ALIVE_S = 30;

/** Registration lifetime when the 200 names none. @see RFC 3261 §10.2.1.1 */
export const DEFAULT_EXPIRES_S = 3600;

/** One UE may send this many requests a second on its flow. */
export const MAX_REQUESTS_PER_SECOND = 50;

/** What a UE over that limit is told to wait. */
export const OVERLOAD_RETRY_AFTER_S = 1;

/** What a caller is told to wait when the media relay has no resources or is down. */
export const MEDIA_RETRY_AFTER_S = 5;
