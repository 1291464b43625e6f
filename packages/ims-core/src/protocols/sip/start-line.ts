import { type CodedParseError, parseError } from './parse-error.ts';
import { parseUri } from './uri.ts';

export type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly uri: string; readonly error?: CodedParseError }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string; readonly error?: CodedParseError };

const REQUEST_LINE = /^([A-Za-z0-9\-.!%*_+`'~]+) ([^ \t]+) (SIP\/\d+\.\d+)$/i;
/** A request line with white space where none may be: enough to answer it. */
const LOOSE_REQUEST_LINE = /^[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+(\S.*?)[ \t]+(SIP\/\d+\.\d+)[ \t]*$/i;
const STATUS_LINE = /^SIP\/(\d+\.\d+) ([1-6]\d\d)(?: (.*))?$/i;

function startLineError(text: string, offset = 0): CodedParseError {
  return parseError('SIP_PARSE_START_LINE', offset, 'start line', 'RFC 3261 §7.1', text);
}

function versionError(version: string, offset: number): CodedParseError | undefined {
  return version === '2.0'
    ? undefined
    : parseError('SIP_PARSE_VERSION', offset, 'start line', 'RFC 3261 §21.5.6', 'SIP version is not 2.0');
}

function requestUriError(uri: string, offset: number, maxUriOctets: number): CodedParseError | undefined {
  if (uri.length > maxUriOctets) {
    return parseError(
      'SIP_PARSE_REQUEST_URI_TOO_LONG',
      offset,
      'Request-URI',
      'RFC 3261 §21.4.12',
      'Request-URI is too long',
    );
  }
  const parsed = parseUri(uri);
  if (!parsed.ok) {
    return parseError(
      'SIP_PARSE_REQUEST_URI',
      offset + parsed.error.offset,
      'Request-URI',
      'RFC 3261 §8.1.1.1',
      parsed.error.text,
    );
  }
  return parsed.value.kind === 'sip' && parsed.value.headers !== ''
    ? parseError('SIP_PARSE_REQUEST_URI', offset, 'Request-URI', 'RFC 3261 §19.1.1', 'Request-URI with headers')
    : undefined;
}

function withError<T extends object>(line: T, error: CodedParseError | undefined): T & { error?: CodedParseError } {
  return error === undefined ? line : { ...line, error };
}

function parseStatusLine(text: string): StartLine {
  const [, version, status, reason = ''] = STATUS_LINE.exec(text) ?? [];
  if (version === undefined || status === undefined) {
    const error = parseError('SIP_PARSE_STATUS_CODE', 0, 'start line', 'RFC 3261 §7.2', 'Malformed status line');
    return { kind: 'response', status: 0, reason: '', error };
  }
  return withError({ kind: 'response', status: Number(status), reason }, versionError(version, 4));
}

/**
 * Parses the first line. With an error as much as can be read is there too, so that a request can be answered;
 * an empty method means that not even this is possible.
 * @see RFC 3261 §7.1
 * @see RFC 3261 §7.2
 */
export function parseStartLine(text: string, maxUriOctets: number): StartLine {
  if (/^SIP\//i.test(text)) {
    return parseStatusLine(text);
  }
  const [, method, uri, version] = REQUEST_LINE.exec(text) ?? [];
  if (method !== undefined && uri !== undefined && version !== undefined) {
    const error =
      versionError(version.slice(4), text.length - version.length) ??
      requestUriError(uri, method.length + 1, maxUriOctets);
    return withError({ kind: 'request', method, uri }, error);
  }
  const [, looseMethod = '', looseUri = '', looseVersion] = LOOSE_REQUEST_LINE.exec(text) ?? [];
  const error =
    (looseVersion === undefined ? undefined : versionError(looseVersion.slice(4), 0)) ??
    startLineError(
      looseVersion === undefined ? 'Neither request line nor status line' : 'White space in the request line',
    );
  return { kind: 'request', method: looseMethod, uri: looseUri, error };
}
