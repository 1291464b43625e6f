/** An S-CSCF that this I-CSCF may choose, and what it is able to do. Capabilities are the operator's own numbers. */
export interface ScscfEntry {
  /** SIP URI as it stands in Server-Name: `sip:scscf.<domain>:6060`. */
  readonly uri: string;
  readonly capabilities: readonly number[];
}

/** What an I-CSCF is told about its network. */
export interface IcscfConfig {
  /** Home domain: its users are looked up at the HSS, its name is the visited network when the P-CSCF names none. */
  readonly domain: string;
  /** Own SIP URI without parameters: `sip:icscf.<domain>:4060`. */
  readonly uri: string;
  /**
   * IP addresses inside the trust domain; everything else is refused with 403.
   *
   * Deviation: TS 33.210 guards the core with IPsec; here the address is what tells a neighbour, so on loopback every process of this machine is one.
   * @see TS 24.229 4.4
   */
  readonly trustedSources: readonly string[];
  /** @see TS 29.228 §6.7 */
  readonly scscfs: readonly ScscfEntry[];
}

/** Retry-After of a 480 that says the HSS did not answer. */
export const HSS_RETRY_AFTER_S = 10;
