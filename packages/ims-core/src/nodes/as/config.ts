/** What an application server is told about its network. */
export interface AsConfig {
  /** Home domain. */
  readonly domain: string;
  /** Own SIP URI without parameters: `sip:as.<domain>:5080`. */
  readonly uri: string;
  /** IP addresses of the trust domain, from which a request may speak for a served user. @see TS 24.229 4.4 */
  readonly trustedSources: readonly string[];
}

/** Diversions that one call may go through. @see TS 24.604 4.5.2.6 */
export const MAX_DIVERSIONS = 5;
