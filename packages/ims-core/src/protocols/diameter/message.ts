import type { Avp } from './avp.ts';

/** Octets of a message header. @see RFC 6733 §3 */
export const HEADER_OCTETS = 20;
/** Longest message that is read or sent. The protocol would allow 16 MiB. */
export const MAX_MESSAGE_OCTETS = 65_536;

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
  return { ...pickHeader(request), request: false, error, retransmitted: false };
}

function pickHeader(header: DiameterHeader): DiameterHeader {
  const { request, proxiable, error, retransmitted, commandCode, applicationId, hopByHop, endToEnd } = header;
  return { request, proxiable, error, retransmitted, commandCode, applicationId, hopByHop, endToEnd };
}
