import type { Parsed } from './errors.ts';
import { needsQuotes, type Params, paramsWith, paramValue, scanParams, serializeParams } from './params.ts';
import { parseFailure } from './parse-error.ts';
import { quotedString, readQuotedString } from './quoted-string.ts';
import { skipSpace } from './token.ts';
import { parseUri, serializeUri, type Uri } from './uri.ts';

/** Value of From, To, Contact, Route and their like: a URI with a name and header parameters. */
export interface NameAddr {
  /** Without quotes and escapes; empty when there is none. */
  readonly displayName: string;
  readonly uri: Uri;
  /** The URI as it was spelled. */
  readonly uriText: string;
  /** Header parameters, for example `tag`, `expires`, `q`. */
  readonly params: Params;
}

/** Words of a display name without quotes, from the first letter. Beyond tokens, characters above ASCII are taken as they come. */
const UNQUOTED_DISPLAY_NAME = /^[A-Za-z0-9\-.!%*_+`'~\u0080-\uffff \t]*$/;

function bad(offset: number, text: string): Parsed<NameAddr> {
  return parseFailure('SIP_PARSE_NAME_ADDR', offset, 'name-addr', 'RFC 3261 §20.10', text);
}

function withUri(
  displayName: string,
  text: string,
  uriStart: number,
  uriEnd: number,
  paramsStart: number,
): Parsed<NameAddr> {
  const uriText = text.slice(uriStart, uriEnd);
  const uri = parseUri(uriText);
  if (!uri.ok) {
    return bad(uriStart + uri.error.offset, uri.error.text);
  }
  const params = scanParams(text, paramsStart);
  if (!params.ok) {
    return bad(params.offset, params.text);
  }
  return { ok: true, value: { displayName, uri: uri.value, uriText, params: params.value } };
}

/**
 * Parses `"Name" <uri>;params` or `uri;params`; without brackets all parameters belong to the header.
 * @see RFC 3261 §20.10
 */
export function parseNameAddr(text: string): Parsed<NameAddr> {
  const start = skipSpace(text, 0);
  let displayName = '';
  let open: number;
  if (text[start] === '"') {
    const quoted = readQuotedString(text, start);
    if (quoted === undefined) {
      return bad(start, 'Quoted display name is not closed');
    }
    displayName = quoted.value;
    open = skipSpace(text, quoted.end);
    if (text[open] !== '<') {
      return bad(open, 'Display name without a URI in angle brackets');
    }
  } else {
    open = text.indexOf('<', start);
    const semicolon = text.indexOf(';', start);
    if (open < 0 || (semicolon >= 0 && semicolon < open)) {
      const addressEnd = semicolon < 0 ? text.length : semicolon;
      const uriEnd = text.slice(0, addressEnd).trimEnd().length;
      const reserved = text.slice(start, uriEnd).search(/[,?]/);
      if (reserved >= 0) {
        return bad(start + reserved, 'URI with a comma or question mark outside angle brackets');
      }
      return withUri('', text, start, uriEnd, addressEnd);
    }
    displayName = text.slice(start, open).trimEnd();
    if (displayName !== '' && !UNQUOTED_DISPLAY_NAME.test(displayName)) {
      return bad(start, 'Display name needs quotes');
    }
  }
  const close = text.indexOf('>', open);
  if (close < 0) {
    return bad(open, 'Angle bracket is not closed');
  }
  return withUri(displayName, text, open + 1, close, close + 1);
}

/** `"Name" <uri>;params`; the name in quotes, the URI always in brackets. */
export function serializeNameAddr(address: NameAddr): string {
  const displayName = address.displayName === '' ? '' : `${quotedString(address.displayName)} `;
  return `${displayName}<${serializeUri(address.uri)}>${serializeParams(address.params)}`;
}

/** A header parameter's value without quotes, `true` for a flag, undefined when there is none; names without case. */
export function param(holder: { readonly params: Params }, name: string): string | true | undefined {
  return paramValue(holder.params, name);
}

/** A copy with one header parameter set, or removed when `value` is undefined. */
export function withParam<T extends { readonly params: Params }>(
  holder: T,
  name: string,
  value: string | true | undefined,
): T {
  return { ...holder, params: paramsWith(holder.params, name, value, needsQuotes(value)) };
}
