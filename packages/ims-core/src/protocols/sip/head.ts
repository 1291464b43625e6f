/** The head of a message, start line and header lines, found in its octets. */
import { unfolded } from './folding.ts';
import { HeaderLine } from './header-line.ts';
import { headerKey, type Spelling, spellingAt } from './header-registry.ts';
import type { HeaderField } from './message.ts';
import { type CodedParseError, parseError } from './parse-error.ts';
import { COLON, CR, isToken, LF, SPACE, TAB } from './token.ts';

/** What stands above the body. Offsets are octets. */
export interface Head {
  readonly startLine: string;
  /** The header fields up to the limits; a folded line is one, and lines that are no header field are left out. */
  readonly fields: readonly HeaderField[];
  /** The limit of header lines that was met. */
  readonly limit: CodedParseError | undefined;
  /** First octet of the body; -1 when the empty line is missing. */
  readonly bodyStart: number;
  /** First carriage return that is no line end; -1 when there is none. */
  readonly strayCr: number;
}

export interface HeadLimits {
  /** The head has to end within so many. */
  readonly octets: number;
  readonly lines: number;
  readonly lineOctets: number;
}

/** Octets with one character each; when not `ascii`, characters above 127 stand for octets and are no text. */
interface Characters {
  readonly octets: Uint8Array;
  readonly text: string;
  readonly ascii: boolean;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const latin1 = new TextDecoder('latin1');
const NOT_ASCII = /[\u0080-\uffff]/;
const NONE = Number.POSITIVE_INFINITY;

function characters(octets: Uint8Array): Characters {
  const text = utf8.decode(octets);
  // Every octet above 127 either joins others into one character or becomes U+FFFD alone.
  const ascii = text.length === octets.length && !text.includes('\ufffd');
  return { octets, text: ascii ? text : latin1.decode(octets), ascii };
}

/** The text of octets `start` to `end`, decoded as UTF-8. */
function utf8Text({ octets, text, ascii }: Characters, start: number, end: number): string {
  const part = text.slice(start, end);
  return ascii || !NOT_ASCII.test(part) ? part : utf8.decode(octets.subarray(start, end));
}

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB || code === CR || code === LF;
}

/** A name that is not spelled in a usual way; without a key when it is no token. */
function otherName(name: string): Spelling {
  return { name, key: isToken(name) ? headerKey(name) : '' };
}

/** The header field on one line; undefined for a line that is none (no colon, or a name that is no token). */
function readField(source: Characters, start: number, end: number, isFolded: boolean): HeaderField | undefined {
  const { text } = source;
  const colon = text.indexOf(':', start);
  if (colon < 0 || colon >= end) {
    return undefined;
  }
  let nameEnd = colon;
  while (nameEnd > start && isSpace(text.charCodeAt(nameEnd - 1))) {
    nameEnd -= 1;
  }
  const { name, key } = spellingAt(text, start, nameEnd) ?? otherName(text.slice(start, nameEnd));
  if (key === '') {
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
  const value = utf8Text(source, valueStart, valueEnd);
  if (isFolded && value.includes('\n')) {
    return new HeaderLine(name, key, unfolded(value), start, end, '');
  }
  const isAsWritten = source.ascii && valueEnd === end && isPlainLine(text, nameEnd, valueStart, end);
  return new HeaderLine(name, key, value, start, end, isAsWritten ? text : '');
}

/** True for `name: value` and CRLF, the way in which messages are written here. */
function isPlainLine(text: string, nameEnd: number, valueStart: number, end: number): boolean {
  return (
    valueStart === nameEnd + 2 &&
    text.charCodeAt(nameEnd) === COLON &&
    text.charCodeAt(nameEnd + 1) === SPACE &&
    text.charCodeAt(end) === CR &&
    text.charCodeAt(end + 1) === LF
  );
}

function nextCr(text: string, from: number): number {
  const at = text.indexOf('\r', from);
  return at < 0 ? NONE : at;
}

/** Takes the lines of a head one by one. */
class HeadLines {
  readonly fields: HeaderField[] = [];
  startLine = '';
  limit: CodedParseError | undefined;
  readonly #source: Characters;
  readonly #limits: HeadLimits;
  #count = 0;

  constructor(source: Characters, limits: HeadLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  take(start: number, end: number, isFolded: boolean): void {
    const number = this.#count;
    this.#count += 1;
    if (number === 0) {
      this.startLine = utf8Text(this.#source, start, end);
      return;
    }
    this.limit ??= this.#limitMet(number, start, end);
    const field = this.limit === undefined ? readField(this.#source, start, end, isFolded) : undefined;
    if (field !== undefined) {
      this.fields.push(field);
    }
  }

  #limitMet(number: number, start: number, end: number): CodedParseError | undefined {
    if (number > this.#limits.lines) {
      const text = 'Too many header lines';
      return parseError('SIP_PARSE_TOO_MANY_HEADERS', start, 'header', 'RFC 3261 §21.5.7', text);
    }
    if (end - start > this.#limits.lineOctets) {
      const text = 'Header line is too long';
      return parseError('SIP_PARSE_HEADER_TOO_LONG', start, 'header', 'RFC 3261 §21.5.7', text);
    }
    return undefined;
  }
}

/** Reads the head of a message. Lines may end with CRLF or LF. */
export function readHead(octets: Uint8Array, limits: HeadLimits): Head {
  const source = characters(octets.length > limits.octets ? octets.subarray(0, limits.octets) : octets);
  const lines = new HeadLines(source, limits);
  const { text } = source;
  let lineStart = 0;
  let isFolded = false;
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
      isFolded = true;
      continue;
    }
    lines.take(lineStart, hasCr ? lf - 1 : lf, isFolded);
    lineStart = lf + 1;
    isFolded = false;
    if (next === LF || (next === CR && text.charCodeAt(lf + 2) === LF)) {
      bodyStart = next === LF ? lf + 2 : lf + 3;
      break;
    }
  }
  if (bodyStart < 0 && lineStart < text.length) {
    lines.take(lineStart, text.length, isFolded);
  }
  const { startLine, fields, limit } = lines;
  return { startLine, fields, limit, bodyStart, strayCr: strayCr === NONE ? -1 : strayCr };
}
