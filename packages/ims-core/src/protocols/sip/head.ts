/** The head of a message, start line and header lines, found in its octets. */
import { unfolded } from './folding.ts';
import { HeaderLine } from './header-line.ts';
import { knownHeaderKey } from './header-registry.ts';
import type { HeaderField } from './message.ts';
import { CR, isToken, LF, SPACE, TAB } from './token.ts';

/** Where the lines are; a folded line is one. Offsets are octets. */
export interface Head {
  /** One character per octet, unless `ascii` is false: then characters above 127 stand for octets and are no text. */
  readonly text: string;
  readonly ascii: boolean;
  readonly starts: readonly number[];
  /** Without the line end. */
  readonly ends: readonly number[];
  readonly hasFolds: boolean;
  /** First octet of the body; -1 when the empty line is missing. */
  readonly bodyStart: number;
  /** First carriage return that is no line end; -1 when there is none. */
  readonly strayCr: number;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const latin1 = new TextDecoder('latin1');
const NONE = Number.POSITIVE_INFINITY;

/** Octets as text with one character each; `ascii` is false when characters above 127 stand for octets. */
function characters(octets: Uint8Array): { readonly text: string; readonly ascii: boolean } {
  const text = utf8.decode(octets);
  // Every octet above 127 either joins others into one character or becomes U+FFFD alone.
  const ascii = text.length === octets.length && !text.includes('\ufffd');
  return { text: ascii ? text : latin1.decode(octets), ascii };
}

function nextCr(text: string, from: number): number {
  const at = text.indexOf('\r', from);
  return at < 0 ? NONE : at;
}

/** Indexes the lines of the head, which has to end within `limit` octets. Lines may end with CRLF or LF. */
export function indexHead(octets: Uint8Array, limit: number): Head {
  const { text, ascii } = characters(octets.length > limit ? octets.subarray(0, limit) : octets);
  const starts: number[] = [];
  const ends: number[] = [];
  let lineStart = 0;
  let hasFolds = false;
  let bodyStart = -1;
  let strayCr = NONE;
  let cr = nextCr(text, 0);
  for (let lf = text.indexOf('\n'); lf >= 0; lf = text.indexOf('\n', lf + 1)) {
    const hasCr = cr === lf - 1;
    if (cr < lf - 1) {
      strayCr = Math.min(strayCr, cr);
    }
    if (cr < lf) {
      cr = nextCr(text, lf + 1);
    }
    const next = text.charCodeAt(lf + 1);
    if (next === SPACE || next === TAB) {
      hasFolds = true;
      continue;
    }
    starts.push(lineStart);
    ends.push(hasCr ? lf - 1 : lf);
    lineStart = lf + 1;
    if (next === LF || (next === CR && text.charCodeAt(lf + 2) === LF)) {
      bodyStart = next === LF ? lf + 2 : lf + 3;
      break;
    }
  }
  if (bodyStart < 0 && lineStart < text.length) {
    starts.push(lineStart);
    ends.push(text.length);
  }
  return { text, ascii, starts, ends, hasFolds, bodyStart, strayCr: strayCr === NONE ? -1 : strayCr };
}

const NOT_ASCII = /[\u0080-\uffff]/;

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB || code === CR || code === LF;
}

/** The text of octets `start` to `end`, decoded as UTF-8. */
export function headText(head: Head, octets: Uint8Array, start: number, end: number): string {
  const text = head.text.slice(start, end);
  return head.ascii || !NOT_ASCII.test(text) ? text : utf8.decode(octets.subarray(start, end));
}

/** The header field on one line; undefined for a line that is none (no colon, or a name that is no token). */
export function readField(head: Head, octets: Uint8Array, line: number): HeaderField | undefined {
  const { text } = head;
  const start = head.starts[line] ?? 0;
  const end = head.ends[line] ?? 0;
  const colon = text.indexOf(':', start);
  if (colon < 0 || colon >= end) {
    return undefined;
  }
  let nameEnd = colon;
  while (nameEnd > start && isSpace(text.charCodeAt(nameEnd - 1))) {
    nameEnd -= 1;
  }
  const name = text.slice(start, nameEnd);
  const key = knownHeaderKey(name) ?? (isToken(name) ? name.toLowerCase() : undefined);
  if (key === undefined) {
    return undefined;
  }
  let valueStart = colon + 1;
  let valueEnd = end;
  while (valueStart < valueEnd && isSpace(text.charCodeAt(valueStart))) {
    valueStart += 1;
  }
  while (valueEnd > valueStart && isSpace(text.charCodeAt(valueEnd - 1))) {
    valueEnd -= 1;
  }
  const value = headText(head, octets, valueStart, valueEnd);
  return new HeaderLine(name, key, head.hasFolds && value.includes('\n') ? unfolded(value) : value, start, end);
}
