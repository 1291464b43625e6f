/** Messages made here. */
import { headerField, singleLine } from './header-field.ts';
import { addressesIn } from './header-line.ts';
import type { HeaderField, SipRequest, SipResponse } from './message.ts';
import { param } from './name-addr.ts';
import { reasonPhrase } from './status.ts';
import { textOctets } from './text-octets.ts';

export type HeaderPair = readonly [name: string, value: string];

export interface ResponseOptions {
  readonly reason?: string;
  /** Set on To when the request had none. */
  readonly toTag?: string;
  readonly headers?: readonly HeaderPair[];
  readonly body?: Uint8Array | string;
}

const NO_OCTETS = new Uint8Array(0);

/** A body's octets; text is UTF-8. */
export function octetsOf(body: Uint8Array | string | undefined): Uint8Array {
  if (body instanceof Uint8Array) {
    return body;
  }
  return body === undefined || body === '' ? NO_OCTETS : textOctets(body);
}

function withContentLength(fields: readonly HeaderField[], body: Uint8Array): readonly HeaderField[] {
  const others = fields.filter((field) => field.key !== 'content-length');
  return [...others, headerField('Content-Length', String(body.length))];
}

/** A new request with these headers in this order, and its Content-Length. */
export function request(
  method: string,
  uri: string,
  headers: readonly HeaderPair[],
  body?: Uint8Array | string,
): SipRequest {
  const octets = octetsOf(body);
  const fields = headers.map(([name, value]) => headerField(name, value));
  return { kind: 'request', method, uri: singleLine(uri), headers: withContentLength(fields, octets), body: octets };
}

const COPIED = new Set(['via', 'from', 'call-id', 'cseq']);

function toWithTag(field: HeaderField, tag: string | undefined): HeaderField {
  const address = addressesIn(field);
  const hasTag = address.ok && address.value.some((each) => param(each, 'tag') !== undefined);
  return tag === undefined || hasTag ? field : headerField(field.name, `${field.value};tag=${tag}`);
}

/**
 * A response to a request: its Vias, From, To, Call-ID and CSeq, for a 100 its Timestamp. Record-Route is left to the
 * user agent that makes the dialog.
 * @see RFC 3261 §8.2.6.2
 */
export function response(to: SipRequest, status: number, options: ResponseOptions = {}): SipResponse {
  const body = octetsOf(options.body);
  const fields: HeaderField[] = [];
  for (const field of to.headers) {
    if (COPIED.has(field.key) || (field.key === 'timestamp' && status === 100)) {
      fields.push(field);
    } else if (field.key === 'to') {
      fields.push(toWithTag(field, options.toTag));
    }
  }
  for (const [name, value] of options.headers ?? []) {
    fields.push(headerField(name, value));
  }
  const reason = singleLine(options.reason ?? reasonPhrase(status));
  return { kind: 'response', status, reason, headers: withContentLength(fields, body), body };
}
