import type { Parsed } from './errors.ts';
import { parseFailure } from './parse-error.ts';
import { quotedString, readQuotedString } from './quoted-string.ts';
import { skipSpace, skipToken } from './token.ts';

/** One challenge or one set of credentials: `Digest realm="...", nonce="..."`. */
export interface AuthValue {
  /** As spelled, for example `Digest`. */
  readonly scheme: string;
  /** By lower-case name; values without quotes and escapes. */
  readonly params: ReadonlyMap<string, string>;
}

function bad(offset: number, text: string): Parsed<AuthValue> {
  return parseFailure('SIP_PARSE_AUTH', offset, 'Authorization', 'RFC 3261 §25.1', text);
}

/** Parses the value of WWW-Authenticate, Authorization and their proxy forms. A parameter that comes twice is an error. */
export function parseAuth(text: string): Parsed<AuthValue> {
  const schemeStart = skipSpace(text, 0);
  const schemeEnd = skipToken(text, schemeStart);
  if (schemeEnd === schemeStart) {
    return bad(schemeStart, 'Authentication scheme is missing');
  }
  const scheme = text.slice(schemeStart, schemeEnd);
  const params = new Map<string, string>();
  let at = skipSpace(text, schemeEnd);
  while (at < text.length) {
    if (text[at] === ',') {
      at = skipSpace(text, at + 1);
      continue;
    }
    const nameEnd = skipToken(text, at);
    const name = text.slice(at, nameEnd).toLowerCase();
    const equals = skipSpace(text, nameEnd);
    if (name === '' || text[equals] !== '=') {
      return bad(at, 'Malformed authentication parameter');
    }
    if (params.has(name)) {
      return bad(at, 'Authentication parameter comes twice');
    }
    const valueStart = skipSpace(text, equals + 1);
    if (text[valueStart] === '"') {
      const quoted = readQuotedString(text, valueStart);
      if (quoted === undefined) {
        return bad(valueStart, 'Quoted string is not closed');
      }
      params.set(name, quoted.value);
      at = skipSpace(text, quoted.end);
    } else {
      const comma = text.indexOf(',', valueStart);
      at = comma < 0 ? text.length : comma;
      params.set(name, text.slice(valueStart, at).trim());
    }
    if (at < text.length && text[at] !== ',') {
      return bad(at, 'Authentication parameters without a comma between them');
    }
  }
  return { ok: true, value: { scheme, params } };
}

/** `Digest name="value", name=value`: each parameter in quotes or not, as given. */
export function serializeAuth(
  scheme: string,
  params: readonly (readonly [name: string, value: string, quoted: boolean])[],
): string {
  const list = params.map(([name, value, quoted]) => `${name}=${quoted ? quotedString(value) : value}`);
  return `${scheme} ${list.join(', ')}`;
}
