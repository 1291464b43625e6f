import type { Parsed } from './errors.ts';
import { endOfHost, portNumber, skipDigits } from './host.ts';
import { type Params, paramValue, scanParams, serializeParams } from './params.ts';
import { parseFailure } from './parse-error.ts';
import { COLON, SEMICOLON, skipSpace, skipToken } from './token.ts';

/**
 * One Via value: where a response goes back to.
 * @see RFC 3261 §20.42
 */
export interface Via {
  readonly protocol: 'SIP';
  readonly version: '2.0';
  /** In upper case: `UDP`, `TCP`, `WS`. Unknown ones too. */
  readonly transport: string;
  /** IPv6 with its brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
}

/** A branch begins with these characters when it is unique (RFC 3261 §8.1.1.7). */
export const MAGIC_COOKIE = 'z9hG4bK';

const PROTOCOL_NAME = 'SIP';
const PROTOCOL_VERSION = '2.0';
const SLASH = 47;

function bad(offset: number, text: string): Parsed<Via> {
  return parseFailure('SIP_PARSE_VIA', offset, 'Via', 'RFC 3261 §20.42', text);
}

/** First index after the slash between the parts of sent-protocol; -1 when there is none. */
function afterSlash(text: string, from: number): number {
  const at = skipSpace(text, from);
  return text.charCodeAt(at) === SLASH ? skipSpace(text, at + 1) : -1;
}

/** Where the transport begins in `SIP/2.0/TCP`; -1 when it is no such sent-protocol. */
function transportStart(text: string): number {
  const start = skipSpace(text, 0);
  const name = text.slice(start, start + PROTOCOL_NAME.length);
  const version = name === PROTOCOL_NAME || name.toUpperCase() === PROTOCOL_NAME ? afterSlash(text, start + 3) : -1;
  return version >= 0 && text.startsWith(PROTOCOL_VERSION, version) ? afterSlash(text, version + 3) : -1;
}

/** Parses one Via value. A branch that is nothing but the magic cookie is refused: it can not be unique. */
export function parseVia(text: string): Parsed<Via> {
  const start = transportStart(text);
  const transportEnd = start < 0 ? start : skipToken(text, start);
  const hostStart = skipSpace(text, Math.max(transportEnd, 0));
  const hostEnd = endOfHost(text, hostStart);
  const colon = skipSpace(text, Math.max(hostEnd, 0));
  const portStart = text.charCodeAt(colon) === COLON ? skipSpace(text, colon + 1) : -1;
  const portEnd = portStart < 0 ? hostEnd : skipDigits(text, portStart);
  const next = skipSpace(text, Math.max(portEnd, 0));
  const isWhole = next === text.length || text.charCodeAt(next) === SEMICOLON;
  if (transportEnd === start || hostStart === transportEnd || hostEnd < 0 || portEnd === portStart || !isWhole) {
    return bad(0, 'Malformed sent-protocol or sent-by in Via');
  }
  const host = text.slice(hostStart, hostEnd);
  const port = portStart < 0 ? undefined : portNumber(text, portStart, portEnd);
  if (portStart >= 0 && port === undefined) {
    return bad(portStart, 'Malformed port in Via');
  }
  const params = scanParams(text, next);
  if (!params.ok) {
    return bad(params.offset, params.text);
  }
  const branch = paramValue(params.value, 'branch');
  if (
    typeof branch === 'string' &&
    branch.length === MAGIC_COOKIE.length &&
    branch.toLowerCase() === MAGIC_COOKIE.toLowerCase()
  ) {
    return bad(portEnd, 'Branch is the magic cookie alone');
  }
  const transport = text.slice(start, transportEnd).toUpperCase();
  return {
    ok: true,
    value: { protocol: 'SIP', version: '2.0', transport, host, port, params: params.value },
  };
}

/** `SIP/2.0/TRANSPORT host:port;params`. */
export function serializeVia(via: Via): string {
  const port = via.port === undefined ? '' : `:${via.port}`;
  return `${via.protocol}/${via.version}/${via.transport} ${via.host}${port}${serializeParams(via.params)}`;
}

/**
 * The sent-protocol, sent-by and branch of a Via whose rest is broken, so that a 400 or 505 finds its way back.
 * Undefined when not even these can be read.
 */
export function salvageVia(text: string): string | undefined {
  const [, transport, sentBy] =
    /^[ \t]*SIP[ \t]*\/[ \t]*[0-9.]+[ \t]*\/[ \t]*([A-Za-z0-9-]+)[ \t]+([^\s;,]+)/i.exec(text) ?? [];
  if (transport === undefined || sentBy === undefined) {
    return undefined;
  }
  const [, branch] = /;[ \t]*branch[ \t]*=[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)/i.exec(text) ?? [];
  const value = `SIP/2.0/${transport} ${sentBy}`;
  const whole = branch === undefined ? value : `${value};branch=${branch}`;
  return [whole, value].find((each) => parseVia(each).ok);
}
