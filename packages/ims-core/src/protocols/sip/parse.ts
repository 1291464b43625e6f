/**
 * Octets to message: indexes the lines, checks what every element relies on, and leaves the rest unread until it is asked for.
 * @see RFC 3261 §7
 * @see RFC 4475
 */
import { answerableRequest } from './answerable.ts';
import { declaredLength } from './content-length.ts';
import { checkCSeqMethod, checkFields } from './field-checks.ts';
import { type Head, type HeadLimits, readHead } from './head.ts';
import type { HeaderField, SipMessage, SipRequest } from './message.ts';
import { type CodedParseError, parseError, parseErrorStatus } from './parse-error.ts';
import { parseStartLine, type StartLine } from './start-line.ts';
import { CR, LF } from './token.ts';

/** Over these a request is answered with 513, for the Request-URI with 414; a response is dropped. */
export const MAX_MESSAGE_OCTETS = 65_536;
export const MAX_HEADER_LINES = 128;
export const MAX_HEADER_OCTETS = 8_192;
export const MAX_VIAS = 64;
export const MAX_URI_OCTETS = 2_048;

export interface ParseOptions {
  /** Decides what Content-Length means (RFC 3261 §18.3, RFC 7118 §5.3). Default `datagram`. */
  readonly transport?: 'datagram' | 'stream' | 'websocket';
}

/** How a bad request should be answered. `request` has Via, From, To, Call-ID and CSeq, enough to build the response. */
export interface ParseAnswer {
  readonly status: number;
  readonly reason: string;
  readonly request: SipRequest;
}

export type ParseResult =
  | { readonly ok: true; readonly value: SipMessage }
  | { readonly ok: false; readonly error: CodedParseError; readonly answer?: ParseAnswer };

const HEAD_LIMITS: HeadLimits = {
  octets: MAX_MESSAGE_OCTETS,
  lines: MAX_HEADER_LINES,
  lineOctets: MAX_HEADER_OCTETS,
};

type Transport = NonNullable<ParseOptions['transport']>;

const NO_BODY = new Uint8Array(0);

/** First octet that is no line end: empty lines before a message are ignored (RFC 3261 §7.5). */
function startOfMessage(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length && (bytes[at] === CR || bytes[at] === LF)) {
    at += 1;
  }
  return at;
}

function checkHead(octets: Uint8Array, head: Head): CodedParseError | undefined {
  if (octets.length > MAX_MESSAGE_OCTETS) {
    return parseError('SIP_PARSE_MESSAGE_TOO_LARGE', 0, 'body', 'RFC 3261 §21.5.7', 'Message is too large');
  }
  if (head.strayCr >= 0) {
    return parseError('SIP_PARSE_LINE_END', head.strayCr, 'header', 'RFC 3261 §7', 'Carriage return without line feed');
  }
  if (head.bodyStart < 0) {
    const text = 'No empty line after the headers';
    return parseError('SIP_PARSE_END_OF_HEADERS', octets.length, 'header', 'RFC 3261 §7', text);
  }
  return undefined;
}

/** First octet after the body, or why the body can not be as long as declared. */
function endOfBody(
  octets: Uint8Array,
  bodyStart: number,
  fields: readonly HeaderField[],
  transport: Transport,
): number | CodedParseError {
  const declared = declaredLength(fields);
  if (!declared.ok) {
    return declared.error;
  }
  if (declared.octets === undefined) {
    return transport === 'stream'
      ? parseError(
          'SIP_PARSE_CONTENT_LENGTH',
          0,
          'Content-Length',
          'RFC 3261 §18.3',
          'Missing Content-Length on a stream',
        )
      : octets.length;
  }
  const end = bodyStart + declared.octets;
  if (transport === 'stream' && end > MAX_MESSAGE_OCTETS) {
    return parseError('SIP_PARSE_MESSAGE_TOO_LARGE', bodyStart, 'body', 'RFC 3261 §21.5.7', 'Message is too large');
  }
  if (end > octets.length) {
    const text = 'Body is shorter than its Content-Length';
    return parseError('SIP_PARSE_BODY_LENGTH', octets.length, 'body', 'RFC 3261 §18.3', text);
  }
  if (end < octets.length && transport !== 'datagram') {
    return parseError('SIP_PARSE_BODY_LENGTH', end, 'body', 'RFC 3261 §18.3', 'Body is longer than its Content-Length');
  }
  return end;
}

function rejected(error: CodedParseError, startLine: StartLine, fields: readonly HeaderField[]): ParseResult {
  const request = startLine.kind === 'request' ? answerableRequest(startLine.method, startLine.uri, fields) : undefined;
  if (request === undefined) {
    return { ok: false, error };
  }
  return { ok: false, error, answer: { status: parseErrorStatus[error.code], reason: error.text, request } };
}

/**
 * Parses one message. Offsets, in fields and errors, count from the first octet of the start line; empty lines before
 * it are skipped. A datagram's octets after the body are dropped. The message keeps `bytes`: they must not change.
 */
export function parseMessage(bytes: Uint8Array, options: ParseOptions = {}): ParseResult {
  const transport = options.transport ?? 'datagram';
  const start = startOfMessage(bytes);
  const octets = start === 0 ? bytes : bytes.subarray(start);
  if (octets.length === 0) {
    return {
      ok: false,
      error: parseError('SIP_PARSE_EMPTY', 0, 'start line', 'RFC 3261 §7.5', 'Nothing but line ends'),
    };
  }
  const head = readHead(octets, HEAD_LIMITS);
  const startLine = parseStartLine(head.startLine, MAX_URI_OCTETS);
  const headers = head.fields;
  const error =
    checkHead(octets, head) ??
    head.limit ??
    startLine.error ??
    checkFields(octets, headers, startLine.kind === 'request', MAX_VIAS) ??
    (startLine.kind === 'request' ? checkCSeqMethod(startLine.method, headers) : undefined);
  if (error !== undefined) {
    return rejected(error, startLine, headers);
  }
  const end = endOfBody(octets, head.bodyStart, headers, transport);
  if (typeof end !== 'number') {
    return rejected(end, startLine, headers);
  }
  const body = end === head.bodyStart ? NO_BODY : octets.subarray(head.bodyStart, end);
  const raw = end === octets.length ? octets : octets.subarray(0, end);
  if (startLine.kind === 'request') {
    return { ok: true, value: { kind: 'request', method: startLine.method, uri: startLine.uri, headers, body, raw } };
  }
  const { status, reason } = startLine;
  return { ok: true, value: { kind: 'response', status, reason, headers, body, raw } };
}
