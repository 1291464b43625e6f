import type { Avp } from './avp.ts';

/** Octets of a message header. @see RFC 6733 §3 */
export const HEADER_OCTETS = 20;
/** Longest message that is read or sent. The protocol would allow 16 MiB. */
export const MAX_MESSAGE_OCTETS = 65_536;

/** Bits of the fifth octet of a header. @see RFC 6733 §3 */
export const HEADER_FLAG = {
  request: 0x80,
  proxiable: 0x40,
  error: 0x20,
  retransmitted: 0x10,
  reserved: 0x0f,
} as const;
/** Bits of the fifth octet of an AVP. @see RFC 6733 §4.1 */
export const AVP_FLAG = { vendor: 0x80, mandatory: 0x40, protected: 0x20, reserved: 0x1f } as const;

/** The header without version and length, which are the codec's work. */
export interface DiameterHeader {
  /** R: a request; otherwise an answer. */
  readonly request: boolean;
  /** P: may be proxied. */
  readonly proxiable: boolean;
  /** E: an answer with a protocol error (3xxx). */
  readonly error: boolean;
  /** T: perhaps sent before on a connection that was lost. */
  readonly retransmitted: boolean;
  readonly commandCode: number;
  readonly applicationId: number;
  /** Joins request and answer on one connection. */
  readonly hopByHop: number;
  /** With Origin-Host, names the request for good: duplicates have the same. */
  readonly endToEnd: number;
}

export interface DiameterMessage extends DiameterHeader {
  readonly avps: readonly Avp[];
}

/** The header of an answer: same command, application, identifiers and P; R and T clear. @see RFC 6733 §6.2 */
export function answerHeader(request: DiameterHeader, error: boolean): DiameterHeader {
  const { proxiable, commandCode, applicationId, hopByHop, endToEnd } = request;
  return { request: false, proxiable, error, retransmitted: false, commandCode, applicationId, hopByHop, endToEnd };
}
