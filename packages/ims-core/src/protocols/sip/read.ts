/** Reading values from a message: cheap, and never an exception. Values that can not be parsed count as absent. */
import type { AuthValue } from './auth-params.ts';
import { commaListValues } from './comma-list.ts';
import type { CSeq } from './cseq.ts';
import { addressesIn, authIn, cseqIn, viasIn } from './header-line.ts';
import { headerKey, isCommaList } from './header-registry.ts';
import type { HeaderField, SipMessage } from './message.ts';
import { type NameAddr, param } from './name-addr.ts';
import type { Via } from './via.ts';

/** What an Expires that can not be read counts as (RFC 3261 §10.2.1.1). */
const UNREADABLE_EXPIRES_SECONDS = 3600;
const MAX_EXPIRES_SECONDS = 4_294_967_295;
const MAX_MAX_FORWARDS = 255;
const utf8 = new TextDecoder();
const NONE: readonly never[] = [];

/** The values of one more line after those of the lines above it. */
function joined<T>(above: readonly T[], more: readonly T[]): readonly T[] {
  return above.length === 0 ? more : [...above, ...more];
}

function fieldOf(message: SipMessage, key: string): HeaderField | undefined {
  for (const field of message.headers) {
    if (field.key === key) {
      return field;
    }
  }
  return undefined;
}

/** Value of the first line with this name; a comma list is not split. */
export function header(message: SipMessage, name: string): string | undefined {
  return fieldOf(message, headerKey(name))?.value;
}

/** Values of all lines with this name in order; comma lists are split where the header is one. */
export function headerValues(message: SipMessage, name: string): readonly string[] {
  const key = headerKey(name);
  let values: readonly string[] = NONE;
  for (const field of message.headers) {
    if (field.key === key) {
      values = joined(values, isCommaList(key) ? commaListValues(field.value) : [field.value]);
    }
  }
  return values;
}

/** True when a list of option tags (Supported, Require, Allow ...) has this one, case ignored. */
export function hasOption(message: SipMessage, name: string, token: string): boolean {
  const wanted = token.toLowerCase();
  return headerValues(message, name).some((value) => value.toLowerCase() === wanted);
}

/** The Via of the sender or, in a response, of the receiver. */
export function topVia(message: SipMessage): Via | undefined {
  const field = fieldOf(message, 'via');
  const parsed = field && viasIn(field);
  return parsed?.ok ? parsed.value[0] : undefined;
}

/** All Via values, topmost first. */
export function vias(message: SipMessage): readonly Via[] {
  let values: readonly Via[] = NONE;
  for (const field of message.headers) {
    const parsed = field.key === 'via' ? viasIn(field) : undefined;
    if (parsed?.ok) {
      values = joined(values, parsed.value);
    }
  }
  return values;
}

function addressOf(message: SipMessage, key: 'from' | 'to'): NameAddr | undefined {
  const field = fieldOf(message, key);
  const parsed = field && addressesIn(field);
  return parsed?.ok ? parsed.value[0] : undefined;
}

function addressesOf(message: SipMessage, key: string): readonly NameAddr[] {
  let values: readonly NameAddr[] = NONE;
  for (const field of message.headers) {
    const parsed = field.key === key ? addressesIn(field) : undefined;
    if (parsed?.ok) {
      values = joined(values, parsed.value);
    }
  }
  return values;
}

export function fromOf(message: SipMessage): NameAddr | undefined {
  return addressOf(message, 'from');
}

export function toOf(message: SipMessage): NameAddr | undefined {
  return addressOf(message, 'to');
}

/** The dialog tag of one side; empty when there is none. */
export function tagOf(message: SipMessage, name: 'From' | 'To'): string {
  const address = name === 'From' ? fromOf(message) : toOf(message);
  const tag = address && param(address, 'tag');
  return typeof tag === 'string' ? tag : '';
}

/** Empty when there is none. */
export function callId(message: SipMessage): string {
  return header(message, 'Call-ID') ?? '';
}

export function cseq(message: SipMessage): CSeq | undefined {
  const field = fieldOf(message, 'cseq');
  const parsed = field && cseqIn(field);
  return parsed?.ok ? parsed.value : undefined;
}

/** The first Digest credentials or challenge of a message; undefined when there is none that can be read. */
export function authOf(message: SipMessage, name: 'Authorization' | 'WWW-Authenticate'): AuthValue | undefined {
  const field = fieldOf(message, name.toLowerCase());
  const parsed = field && authIn(field);
  return parsed?.ok ? parsed.value : undefined;
}

/** All Contact addresses; none for `Contact: *`. */
export function contacts(message: SipMessage): readonly NameAddr[] {
  return addressesOf(message, 'contact');
}

/** True for `Contact: *`, the wish to remove every binding. */
export function isStarContact(message: SipMessage): boolean {
  return headerValues(message, 'Contact').includes('*');
}

/** The addresses of a route header, all lines, topmost first. */
export function routes(
  message: SipMessage,
  name: 'Route' | 'Record-Route' | 'Path' | 'Service-Route',
): readonly NameAddr[] {
  return addressesOf(message, name.toLowerCase());
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** 0 to 255; undefined when there is none or it is over 255 (then a proxy starts again at 70, RFC 4475 §3.1.2.4). */
export function maxForwards(message: SipMessage): number | undefined {
  const value = wholeNumber(header(message, 'Max-Forwards'));
  return value === undefined || value > MAX_MAX_FORWARDS ? undefined : value;
}

/** Seconds; 3600 for a value that can not be read or is over 2^32-1. */
export function expires(message: SipMessage): number | undefined {
  const text = header(message, 'Expires');
  if (text === undefined) {
    return undefined;
  }
  const value = wholeNumber(text);
  return value === undefined || value > MAX_EXPIRES_SECONDS ? UNREADABLE_EXPIRES_SECONDS : value;
}

/** The body as UTF-8 text. */
export function bodyText(message: SipMessage): string {
  return message.body.length === 0 ? '' : utf8.decode(message.body);
}

/** Media type of the body in lower case, without parameters: `application/sdp`. Empty when there is none. */
export function contentType(message: SipMessage): string {
  const value = header(message, 'Content-Type') ?? '';
  const semicolon = value.indexOf(';');
  const type = semicolon < 0 ? value : value.slice(0, semicolon);
  return type.replace(/[ \t]+/g, '').toLowerCase();
}
