import type { HeaderField } from './message.ts';
import { type CodedParseError, parseError } from './parse-error.ts';

/** The length a message declares for its body; `octets` is undefined when there is no Content-Length. */
export type DeclaredLength =
  | { readonly ok: true; readonly octets: number | undefined }
  | { readonly ok: false; readonly error: CodedParseError };

const MAX_DIGITS = 10;

function bad(field: HeaderField, text: string): DeclaredLength {
  return {
    ok: false,
    error: parseError('SIP_PARSE_CONTENT_LENGTH', field.offset, 'Content-Length', 'RFC 3261 §20.14', text),
  };
}

/** Reads Content-Length: digits only; several lines must agree. */
export function declaredLength(fields: readonly HeaderField[]): DeclaredLength {
  let octets: number | undefined;
  for (const field of fields) {
    if (field.key !== 'content-length') {
      continue;
    }
    if (!/^\d+$/.test(field.value) || field.value.length > MAX_DIGITS) {
      return bad(field, 'Malformed Content-Length');
    }
    const value = Number(field.value);
    if (octets !== undefined && octets !== value) {
      return bad(field, 'Content-Length lines contradict each other');
    }
    octets = value;
  }
  return { ok: true, octets };
}
