/** The head of a message, start line and header lines, found in its octets. */
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
  readonly folded: readonly boolean[];
  /** First octet of the body; -1 when the empty line is missing. */
  readonly bodyStart: number;
  /** First carriage return that is no line end; -1 when there is none. */
  readonly strayCr: number;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const latin1 = new TextDecoder('latin1');

/** Indexes the lines of the head, which has to end within `limit` octets. Lines may end with CRLF or LF. */
export function indexHead(octets: Uint8Array, limit: number): Head {
  const starts: number[] = [];
  const ends: number[] = [];
  const folded: boolean[] = [];
  const end = Math.min(octets.length, limit);
  let lineStart = 0;
  let lineFolded = false;
  let bodyStart = -1;
  let strayCr = -1;
  for (let at = 0; at < end; at += 1) {
    const octet = octets[at]!;
    if (octet > CR) {
      continue;
    }
    if (octet === CR && octets[at + 1] !== LF && strayCr < 0) {
      strayCr = at;
    }
    if (octet !== LF) {
      continue;
    }
    const next = octets[at + 1];
    if (next === SPACE || next === TAB) {
      lineFolded = true;
      continue;
    }
    starts.push(lineStart);
    ends.push(at > lineStart && octets[at - 1] === CR ? at - 1 : at);
    folded.push(lineFolded);
    lineStart = at + 1;
    lineFolded = false;
    if (next === LF || (next === CR && octets[at + 2] === LF)) {
      bodyStart = next === LF ? at + 2 : at + 3;
      break;
    }
  }
  if (bodyStart < 0 && lineStart < end) {
    starts.push(lineStart);
    ends.push(end);
    folded.push(lineFolded);
  }
  const headOctets = octets.subarray(0, bodyStart < 0 ? end : bodyStart);
  const text = utf8.decode(headOctets);
  // Every octet above 127 either joins others into one character or becomes U+FFFD alone.
  const ascii = text.length === headOctets.length && !text.includes('\ufffd');
  return { text: ascii ? text : latin1.decode(headOctets), ascii, starts, ends, folded, bodyStart, strayCr };
}

const FOLD = /[ \t]*\r?\n[ \t]+/g;
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
  return { name, key, value: head.folded[line] === true ? value.replace(FOLD, ' ') : value, offset: start, end };
}
