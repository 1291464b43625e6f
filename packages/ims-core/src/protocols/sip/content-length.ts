import type { HeaderField } from './message.ts';
import { type CodedParseError, parseError } from './parse-error.ts';
import { COLON, CR, LF, SPACE, TAB } from './token.ts';

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

const LONG_NAME = characterCodes('content-length');
const LONG_NAME_IN_CAPITALS = characterCodes('CONTENT-LENGTH');
const SMALL_L = 108;
const CAPITAL_L = 76;
const DIGIT_0 = 48;

function characterCodes(text: string): readonly number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

/** First octet after the name when the line at `from` begins with it, long or compact; -1 for any other line. */
function afterName(octets: Uint8Array, from: number): number {
  const first = octets[from];
  if (first === SMALL_L || first === CAPITAL_L) {
    return from + 1;
  }
  for (let i = 0; i < LONG_NAME.length; i += 1) {
    const octet = octets[from + i];
    if (octet !== LONG_NAME[i] && octet !== LONG_NAME_IN_CAPITALS[i]) {
      return -1;
    }
  }
  return from + LONG_NAME.length;
}

function skipBlanks(octets: Uint8Array, from: number): number {
  let at = from;
  while (octets[at] === SPACE || octets[at] === TAB) {
    at += 1;
  }
  return at;
}

/** The digits of a line that is nothing but `: digits` from `from` on; undefined for any other and for a folded one. */
function plainDigits(octets: Uint8Array, from: number): number | undefined {
  let at = skipBlanks(octets, from);
  if (octets[at] !== COLON) {
    return undefined;
  }
  const start = skipBlanks(octets, at + 1);
  let value = 0;
  at = start;
  for (let digit = octets[at]! - DIGIT_0; digit >= 0 && digit <= 9; digit = octets[at]! - DIGIT_0) {
    value = value * 10 + digit;
    at += 1;
  }
  if (at === start || at - start > MAX_DIGITS) {
    return undefined;
  }
  at = skipBlanks(octets, at);
  const next = octets[at] === CR ? at + 2 : at + 1;
  return octets[next - 1] === LF && octets[next] !== SPACE && octets[next] !== TAB ? value : undefined;
}

/**
 * What the one Content-Length line of a head declares when it is spelled as everybody does; undefined when the head has to be read
 * line by line to know. The head is the octets from `start` to `end`.
 */
export function plainContentLength(octets: Uint8Array, start: number, end: number): number | undefined {
  let length: number | undefined;
  for (let lf = octets.indexOf(LF, start); lf >= 0 && lf < end - 1; lf = octets.indexOf(LF, lf + 1)) {
    const valueStart = afterName(octets, lf + 1);
    if (valueStart < 0) {
      continue;
    }
    if (length !== undefined) {
      return undefined;
    }
    length = plainDigits(octets, valueStart);
    if (length === undefined) {
      return undefined;
    }
  }
  return length;
}
