import { quotedString, readQuotedString } from './quoted-string.ts';
import {
  CLOSE_ANGLE,
  COMMA,
  DOUBLE_QUOTE,
  EQUALS,
  isToken,
  OPEN_ANGLE,
  SEMICOLON,
  SPACE,
  skipSpace,
  skipToken,
} from './token.ts';

/** One `;name=value`, or `;name` with the value `true`. */
export interface Param {
  /** As spelled; compared without case. */
  readonly name: string;
  /** Without quotes and escapes. */
  readonly value: string | true;
  readonly quoted: boolean;
}

/** Parameters in their order. */
export type Params = readonly Param[];

export type ScannedParams =
  | { readonly ok: true; readonly value: Params }
  | { readonly ok: false; readonly offset: number; readonly text: string };

const DELETE = 127;
const NO_PARAMS: ScannedParams = { ok: true, value: [] };

/** Header parameter values may be token or host, and in the wild more: all that can not end the parameter. */
function skipValue(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (
      code <= SPACE ||
      code === DELETE ||
      code === SEMICOLON ||
      code === COMMA ||
      code === DOUBLE_QUOTE ||
      code === OPEN_ANGLE ||
      code === CLOSE_ANGLE
    ) {
      break;
    }
    at += 1;
  }
  return at;
}

/**
 * Reads header parameters (generic-param) from `from` to the end of the text; space around `;` and `=` is fine.
 * @see RFC 3261 §25.1
 */
export function scanParams(text: string, from: number): ScannedParams {
  let at = skipSpace(text, from);
  if (at === text.length) {
    return NO_PARAMS;
  }
  const params: Param[] = [];
  while (at < text.length) {
    if (text.charCodeAt(at) !== SEMICOLON) {
      return { ok: false, offset: at, text: 'Unexpected character before a parameter' };
    }
    const nameStart = skipSpace(text, at + 1);
    const nameEnd = skipToken(text, nameStart);
    if (nameEnd === nameStart) {
      return { ok: false, offset: nameStart, text: 'Parameter without a name' };
    }
    const name = text.slice(nameStart, nameEnd);
    at = skipSpace(text, nameEnd);
    if (text.charCodeAt(at) !== EQUALS) {
      params.push({ name, value: true, quoted: false });
      continue;
    }
    const valueStart = skipSpace(text, at + 1);
    if (text.charCodeAt(valueStart) === DOUBLE_QUOTE) {
      const quoted = readQuotedString(text, valueStart);
      if (quoted === undefined) {
        return { ok: false, offset: valueStart, text: 'Quoted string is not closed' };
      }
      params.push({ name, value: quoted.value, quoted: true });
      at = skipSpace(text, quoted.end);
      continue;
    }
    const valueEnd = skipValue(text, valueStart);
    if (valueEnd === valueStart) {
      return { ok: false, offset: valueStart, text: 'Parameter without a value after its equals sign' };
    }
    params.push({ name, value: text.slice(valueStart, valueEnd), quoted: false });
    at = skipSpace(text, valueEnd);
  }
  return { ok: true, value: params };
}

/** `;name=value` for each, in order. */
export function serializeParams(params: Params): string {
  let text = '';
  for (const { name, value, quoted } of params) {
    text += value === true ? `;${name}` : `;${name}=${quoted ? quotedString(value) : value}`;
  }
  return text;
}

/** Index of the first parameter with this name, -1 when there is none. Names are compared without case. */
function indexOfParam(params: Params, name: string): number {
  for (let at = 0; at < params.length; at += 1) {
    const spelled = params[at]!.name;
    if (spelled === name || (spelled.length === name.length && spelled.toLowerCase() === name.toLowerCase())) {
      return at;
    }
  }
  return -1;
}

/** The value of the first parameter with this name, `true` for a flag, undefined when there is none. */
export function paramValue(params: Params, name: string): string | true | undefined {
  return params[indexOfParam(params, name)]?.value;
}

/** The parameters with one set at its place or at the end, or removed when `value` is undefined; `quoted` decides the spelling. */
export function paramsWith(params: Params, name: string, value: string | true | undefined, quoted: boolean): Params {
  if (value === undefined) {
    const key = name.toLowerCase();
    return params.filter((each) => each.name.toLowerCase() !== key);
  }
  const index = indexOfParam(params, name);
  const existing = params[index];
  if (existing === undefined) {
    return [...params, { name, value, quoted }];
  }
  return params.with(index, { name: existing.name, value, quoted: quoted || (existing.quoted && value !== true) });
}

const PLAIN_VALUE = /^[^\s;,"<>\\]+$/;

/** True when a header parameter's value has to stand in quotes. */
export function needsQuotes(value: string | true | undefined): boolean {
  return typeof value === 'string' && !isToken(value) && !PLAIN_VALUE.test(value);
}
