/**
 * SIP messages as immutable values that keep their bytes, header order and spelling.
 * @see RFC 3261 §7
 */

/** One header line. A line with several values, comma separated, stays one field. */
export interface HeaderField {
  /** As spelled on the wire: `v`, `VIA`, `Via`. */
  readonly name: string;
  /** Long form in lower case: `via`. The key for every look-up. */
  readonly key: string;
  /** Unfolded (RFC 3261 §7.3.1) and trimmed. */
  readonly value: string;
  /** First octet of the line in `raw`; -1 in a field made here. */
  readonly offset: number;
  /** First octet after the line's value in `raw`, its CRLF not counted; -1 in a field made here. */
  readonly end: number;
}

interface MessageBase {
  readonly headers: readonly HeaderField[];
  readonly body: Uint8Array;
  /** The octets it was parsed from; undefined in a message made or changed here. */
  readonly raw?: Uint8Array;
}

export interface SipRequest extends MessageBase {
  readonly kind: 'request';
  readonly method: string;
  /** Request-URI, original spelling. */
  readonly uri: string;
}

export interface SipResponse extends MessageBase {
  readonly kind: 'response';
  /** 100 to 699. */
  readonly status: number;
  readonly reason: string;
}

export type SipMessage = SipRequest | SipResponse;
