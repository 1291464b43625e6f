/**
 * SIP, SIPS and tel URIs that keep their spelling.
 * @see RFC 3261 §19.1
 * @see RFC 3966
 */
import type { Parsed } from './errors.ts';
import { normalizeEscapes } from './escapes.ts';
import { endOfHost, portNumber, skipDigits } from './host.ts';
import { type Params, paramsWith, paramValue, serializeParams } from './params.ts';
import { parseFailure } from './parse-error.ts';
import { COLON, characterTable, EQUALS, SEMICOLON, skipCharacters } from './token.ts';

export type UriParams = Params;

export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** As spelled, escapes kept. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** As spelled; IPv6 with its brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: UriParams;
  /** What stands after `?`, without it. */
  readonly headers: string;
}

export interface TelUri {
  readonly scheme: 'tel';
  /** As spelled, visual separators kept. */
  readonly number: string;
  readonly params: UriParams;
}

/** Any other scheme: forwarded, not understood. */
export interface OtherUri {
  readonly scheme: string;
  readonly rest: string;
}

export type Uri =
  | ({ readonly kind: 'sip' } & SipUri)
  | ({ readonly kind: 'tel' } & TelUri)
  | ({ readonly kind: 'other' } & OtherUri);

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const UNRESERVED = `${ALPHANUMERIC}-_.!~*'()`;
const userTable = characterTable(`${UNRESERVED}%&=+$,;?/`);
const passwordTable = characterTable(`${UNRESERVED}%&=+$,`);
const paramTable = characterTable(`${UNRESERVED}%[]/:&+$`);
const headersTable = characterTable(`${UNRESERVED}%[]/?:+$&=@,;`);

const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const GLOBAL_NUMBER = /^\+[0-9().-]+$/;
const LOCAL_NUMBER = /^[0-9A-Fa-f*#().-]+$/;
const OTHER_SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):([\x21\x23-\x3b\x3d\x3f-\x7e]+)$/;

function bad(offset: number, text: string, reference = 'RFC 3261 §19.1.1'): Parsed<Uri> {
  return parseFailure('SIP_PARSE_URI', offset, 'URI', reference, text);
}

function parseUriParams(text: string, start: number, end: number): { params: UriParams } | { offset: number } {
  const params: { name: string; value: string | true; quoted: boolean }[] = [];
  let at = start;
  while (at < end) {
    const nameStart = at + 1;
    const nameEnd = Math.min(skipCharacters(text, nameStart, paramTable), end);
    if (text.charCodeAt(at) !== SEMICOLON || nameEnd === nameStart) {
      return { offset: at };
    }
    const name = text.slice(nameStart, nameEnd);
    at = nameEnd;
    if (at < end && text.charCodeAt(at) === EQUALS) {
      const valueEnd = Math.min(skipCharacters(text, at + 1, paramTable), end);
      params.push({ name, value: text.slice(at + 1, valueEnd), quoted: false });
      at = valueEnd;
    } else {
      params.push({ name, value: true, quoted: false });
    }
  }
  return { params };
}

const NO_PARAMS: UriParams = [];

function parseSipUri(text: string, scheme: 'sip' | 'sips'): Parsed<Uri> {
  const start = scheme.length + 1;
  const at = text.indexOf('@', start);
  let user: string | undefined;
  let password: string | undefined;
  if (at >= 0) {
    const userEnd = skipCharacters(text, start, userTable);
    const hasPassword = text.charCodeAt(userEnd) === COLON;
    const end = hasPassword ? skipCharacters(text, userEnd + 1, passwordTable) : userEnd;
    if (userEnd === start || end !== at) {
      return bad(end, 'Malformed user part in a SIP URI');
    }
    user = text.slice(start, userEnd);
    password = hasPassword ? text.slice(userEnd + 1, end) : undefined;
  }
  const hostStart = Math.max(at + 1, start);
  const hostEnd = endOfHost(text, hostStart);
  if (hostEnd < 0) {
    return bad(hostStart, 'Malformed host in a SIP URI');
  }
  const host = text.slice(hostStart, hostEnd);
  let port: number | undefined;
  let paramsStart = hostEnd;
  if (text.charCodeAt(hostEnd) === COLON) {
    paramsStart = skipDigits(text, hostEnd + 1);
    port = portNumber(text, hostEnd + 1, paramsStart);
    if (port === undefined) {
      return bad(hostEnd + 1, 'Malformed port in a SIP URI');
    }
  }
  if (paramsStart === text.length) {
    return { ok: true, value: { kind: 'sip', scheme, user, password, host, port, params: NO_PARAMS, headers: '' } };
  }
  const question = text.indexOf('?', paramsStart);
  const paramsEnd = question < 0 ? text.length : question;
  const scanned = parseUriParams(text, paramsStart, paramsEnd);
  if (!('params' in scanned)) {
    return bad(scanned.offset, 'Malformed parameter in a SIP URI');
  }
  const headers = question < 0 ? '' : text.slice(question + 1);
  if (question >= 0 && (headers === '' || skipCharacters(headers, 0, headersTable) !== headers.length)) {
    return bad(question, 'Malformed headers in a SIP URI');
  }
  return { ok: true, value: { kind: 'sip', scheme, user, password, host, port, params: scanned.params, headers } };
}

/** Digits among visual separators, one digit at least. @see RFC 3966 §3 */
function isTelNumber(number: string): boolean {
  return number.startsWith('+')
    ? GLOBAL_NUMBER.test(number) && /[0-9]/.test(number)
    : LOCAL_NUMBER.test(number) && /[0-9A-Fa-f*#]/.test(number);
}

function parseTelUri(text: string): Parsed<Uri> {
  const semicolon = text.indexOf(';');
  const numberEnd = semicolon < 0 ? text.length : semicolon;
  const number = text.slice(4, numberEnd);
  if (!isTelNumber(number)) {
    return bad(4, 'Malformed number in a tel URI', 'RFC 3966 §3');
  }
  const scanned = parseUriParams(text, numberEnd, text.length);
  if (!('params' in scanned)) {
    return bad(scanned.offset, 'Malformed parameter in a tel URI', 'RFC 3966 §3');
  }
  return { ok: true, value: { kind: 'tel', scheme: 'tel', number, params: scanned.params } };
}

/** Parses a URI without brackets around it. Unknown schemes are values too; errors have the code SIP_PARSE_URI. */
export function parseUri(text: string): Parsed<Uri> {
  const brokenEscape = text.includes('%') ? text.search(BROKEN_ESCAPE) : -1;
  if (brokenEscape >= 0) {
    return bad(brokenEscape, 'Broken % escape in a URI');
  }
  const colon = text.indexOf(':');
  const scheme = text.slice(0, Math.max(colon, 0)).toLowerCase();
  switch (scheme) {
    case 'sip':
    case 'sips':
      return parseSipUri(text, scheme);
    case 'tel':
      return parseTelUri(text);
    default: {
      const [, name, rest] = OTHER_SCHEME.exec(text) ?? [];
      if (name === undefined || rest === undefined) {
        return bad(0, 'Not a URI');
      }
      return { ok: true, value: { kind: 'other', scheme: name, rest } };
    }
  }
}

/** The URI as text: the spelling it was parsed from, but for the case of `sip`, `sips` and `tel`. */
export function serializeUri(uri: Uri): string {
  switch (uri.kind) {
    case 'sip': {
      const password = uri.password === undefined ? '' : `:${uri.password}`;
      const userInfo = uri.user === undefined ? '' : `${uri.user}${password}@`;
      const port = uri.port === undefined ? '' : `:${uri.port}`;
      const headers = uri.headers === '' ? '' : `?${uri.headers}`;
      return `${uri.scheme}:${userInfo}${uri.host}${port}${serializeParams(uri.params)}${headers}`;
    }
    case 'tel':
      return `tel:${uri.number}${serializeParams(uri.params)}`;
    case 'other':
      return `${uri.scheme}:${uri.rest}`;
  }
}

/** A URI parameter's value as spelled, `true` for a flag such as `lr`; undefined when there is none. */
export function uriParam(uri: Uri, name: string): string | true | undefined {
  return uri.kind === 'other' ? undefined : paramValue(uri.params, name);
}

/** The URI with one parameter set, or removed when `value` is undefined. The value must be escaped already. */
export function withUriParam(uri: Uri, name: string, value: string | true | undefined): Uri {
  return uri.kind === 'other' ? uri : { ...uri, params: paramsWith(uri.params, name, value, false) };
}

/** These count even when only one of the URIs has them; `transport` by the examples of the clause. */
const ALWAYS_COMPARED = ['user', 'ttl', 'method', 'maddr', 'transport'];

function isSame(a: string, b: string): boolean {
  return a === b || normalizeEscapes(a) === normalizeEscapes(b);
}

function comparable(value: string | true): string {
  return value === true ? '' : normalizeEscapes(value).toLowerCase();
}

function sameParams(a: UriParams, b: UriParams, alwaysCompared: readonly string[]): boolean {
  if (a.length === 0 && b.length === 0) {
    return true;
  }
  const inBothAndEqual = a.every(({ name, value }) => {
    const other = paramValue(b, name);
    return other === undefined || comparable(other) === comparable(value);
  });
  return (
    inBothAndEqual &&
    alwaysCompared.every((name) => (paramValue(a, name) === undefined) === (paramValue(b, name) === undefined))
  );
}

/** Headers of a URI for comparison: names without case, sorted. */
function comparableHeaders(headers: string): string {
  const fields = headers.split('&').map((field) => {
    const [name = '', ...value] = field.split('=');
    return `${normalizeEscapes(name).toLowerCase()}=${normalizeEscapes(value.join('='))}`;
  });
  return fields.sort().join('&');
}

function sameSipUri(a: SipUri, b: SipUri): boolean {
  return (
    a.scheme === b.scheme &&
    a.port === b.port &&
    (a.host === b.host || a.host.toLowerCase() === b.host.toLowerCase()) &&
    isSame(a.user ?? '', b.user ?? '') &&
    (a.user === undefined) === (b.user === undefined) &&
    isSame(a.password ?? '', b.password ?? '') &&
    (a.password === undefined) === (b.password === undefined) &&
    sameParams(a.params, b.params, ALWAYS_COMPARED) &&
    (a.headers === b.headers || comparableHeaders(a.headers) === comparableHeaders(b.headers))
  );
}

function telDigits(number: string): string {
  return number.replace(/[-.()]/g, '').toLowerCase();
}

/** tel URIs are equal when their numbers without separators and all their parameters are (RFC 3966 §4). */
function sameTelUri(a: TelUri, b: TelUri): boolean {
  const everyParam = [...a.params, ...b.params].map(({ name }) => name);
  return telDigits(a.number) === telDigits(b.number) && sameParams(a.params, b.params, everyParam);
}

/**
 * True when both URIs are equal; false when one of them can not be parsed. Not transitive, as the clause says.
 * @see RFC 3261 §19.1.4
 */
export function sameUri(a: Uri | string, b: Uri | string): boolean {
  if (typeof a === 'string' || typeof b === 'string') {
    const parsedA = typeof a === 'string' ? parseUri(a) : { ok: true as const, value: a };
    const parsedB = typeof b === 'string' ? parseUri(b) : { ok: true as const, value: b };
    return parsedA.ok && parsedB.ok && sameUri(parsedA.value, parsedB.value);
  }
  if (a.kind === 'sip' && b.kind === 'sip') {
    return sameSipUri(a, b);
  }
  if (a.kind === 'tel' && b.kind === 'tel') {
    return sameTelUri(a, b);
  }
  return (
    a.kind === 'other' && b.kind === 'other' && a.scheme.toLowerCase() === b.scheme.toLowerCase() && a.rest === b.rest
  );
}

/**
 * The key under which a public user identity is stored and looked up: `sip:user@host` without port and parameters,
 * `tel:+digits`. Undefined for local tel numbers, other schemes and what is no URI.
 * @see TS 23.003 13.4
 */
export function canonicalIdentity(uri: string): string | undefined {
  const parsed = parseUri(uri);
  if (!parsed.ok) {
    return undefined;
  }
  const identity = parsed.value;
  if (identity.kind === 'sip') {
    const user = identity.user === undefined ? '' : `${normalizeEscapes(identity.user)}@`;
    return `${identity.scheme}:${user}${identity.host.toLowerCase()}`;
  }
  return identity.kind === 'tel' && identity.number.startsWith('+') ? `tel:${telDigits(identity.number)}` : undefined;
}
