import type { Random } from '../../ports/random.ts';
import type { ApplicationServer } from '../../ports/service-profile.ts';
import { octetsOf } from '../../protocols/sip/build.ts';
import { hex } from '../../protocols/sip/ids.ts';
import { serializeMessage } from '../../protocols/sip/serialize.ts';
import type { RegisterExchange } from './registration-change.ts';

/** What an application server is told beside the registration itself. */
export interface RegisterBody {
  readonly contentType: string;
  readonly octets: Uint8Array;
}

const BOUNDARY_OCTETS = 8;

/**
 * The body of a third-party REGISTER: what the profile has for the server, and the messages of the UE that it asks for; several parts in one
 * multipart. Undefined when there is nothing to tell.
 * @param exchange undefined when no UE registered: the network or time ended the registration
 * @see TS 24.229 5.4.1.7, 7.6, RFC 2046 §5.1
 */
export function thirdPartyRegisterBody(
  { serviceInfo, includeRegisterRequest, includeRegisterResponse }: ApplicationServer,
  exchange: RegisterExchange | undefined,
  random: Random,
): RegisterBody | undefined {
  const parts: RegisterBody[] = [];
  if (serviceInfo !== undefined) {
    parts.push({ contentType: 'application/3gpp-ims+xml', octets: octetsOf(serviceInfoXml(serviceInfo)) });
  }
  if (includeRegisterRequest && exchange !== undefined) {
    parts.push({ contentType: 'message/sip', octets: serializeMessage(exchange.request) });
  }
  if (includeRegisterResponse && exchange !== undefined) {
    parts.push({ contentType: 'message/sip', octets: serializeMessage(exchange.response()) });
  }
  return parts.length > 1 ? multipart(parts, hex(random.bytes(BOUNDARY_OCTETS))) : parts[0];
}

function serviceInfoXml(serviceInfo: string): string {
  const text = serviceInfo.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<?xml version="1.0" encoding="UTF-8"?><ims-3gpp version="1"><service-info>${text}</service-info></ims-3gpp>`;
}

function multipart(parts: readonly RegisterBody[], boundary: string): RegisterBody {
  const pieces = parts.flatMap(({ contentType, octets }) => [
    octetsOf(`--${boundary}\r\nContent-Type: ${contentType}\r\n\r\n`),
    octets,
    octetsOf('\r\n'),
  ]);
  return {
    contentType: `multipart/mixed;boundary="${boundary}"`,
    octets: joined([...pieces, octetsOf(`--${boundary}--\r\n`)]),
  };
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
