import type { SipHop, SipTransportName } from './sip-transport.ts';

/** What RFC 3263 needs to know of a SIP URI. */
export interface SipTarget {
  readonly host: string;
  readonly port?: number;
  /** Of the `transport` parameter, when present. */
  readonly transport?: SipTransportName;
}

/**
 * From a SIP URI to the hops to try, in order (RFC 3263 §4). The lab answers from its configuration's name table, so no DNS is needed.
 * An empty list means: the name is not known here.
 */
export interface SipResolver {
  resolve(target: SipTarget): readonly SipHop[];
}
