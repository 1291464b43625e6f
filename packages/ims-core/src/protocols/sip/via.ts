import type { Parsed } from './errors.ts';
import { type Params, paramValue, scanParams, serializeParams } from './params.ts';
import { parseFailure } from './parse-error.ts';
import { isHost, portNumber } from './uri.ts';

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

const SENT_PROTOCOL_AND_BY =
  /^[ \t]*SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?:[ \t]*:[ \t]*(\d{1,5}))?(?=[ \t]*(?:;|$))/i;

function bad(offset: number, text: string): Parsed<Via> {
  return parseFailure('SIP_PARSE_VIA', offset, 'Via', 'RFC 3261 §20.42', text);
}

/** Parses one Via value. A branch that is nothing but the magic cookie is refused: it can not be unique. */
export function parseVia(text: string): Parsed<Via> {
  const match = SENT_PROTOCOL_AND_BY.exec(text);
  const [head, transport, host, portText] = match ?? [];
  if (head === undefined || transport === undefined || host === undefined || !isHost(host)) {
    return bad(0, 'Malformed sent-protocol or sent-by in Via');
  }
  const port = portText === undefined ? undefined : portNumber(portText);
  if (portText !== undefined && port === undefined) {
    return bad(head.length - portText.length, 'Malformed port in Via');
  }
  const params = scanParams(text, head.length);
  if (!params.ok) {
    return bad(params.offset, params.text);
  }
  const branch = paramValue(params.value, 'branch');
  if (typeof branch === 'string' && branch.toLowerCase() === MAGIC_COOKIE.toLowerCase()) {
    return bad(head.length, 'Branch is the magic cookie alone');
  }
  return {
    ok: true,
    value: { protocol: 'SIP', version: '2.0', transport: transport.toUpperCase(), host, port, params: params.value },
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
