/**
 * A byte stream cut into messages by Content-Length, whatever the chunks.
 * @see RFC 3261 §18.3
 * @see RFC 5626 §3.5.1
 */
import { declaredLength, plainContentLength } from './content-length.ts';
import type { SipParseError } from './errors.ts';
import { type HeadLimits, readHead } from './head.ts';
import { MAX_MESSAGE_OCTETS } from './parse.ts';
import { type CodedParseError, parseError } from './parse-error.ts';
import { CR, LF } from './token.ts';

export type FramerEvent =
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  /** CRLFCRLF between messages: a ping, to be answered with CRLF. */
  | { readonly kind: 'keep-alive' }
  /** The stream can not be followed any longer. `head` is there when a request in it can be answered before closing. */
  | { readonly kind: 'error'; readonly error: SipParseError; readonly head?: Uint8Array };

const INITIAL_CAPACITY_OCTETS = 4_096;
const PING_LINE_ENDS = 2;
/** The framer has its own; all that counts is Content-Length. */
const NO_LIMITS: HeadLimits = {
  octets: Number.POSITIVE_INFINITY,
  lines: Number.POSITIVE_INFINITY,
  lineOctets: Number.POSITIVE_INFINITY,
};
const NOTHING: Uint8Array = new Uint8Array(0);

/** First octet after the empty line that ends the head; -1 when it is not there. `from` may be any place in the head. */
function endOfHead(octets: Uint8Array, from: number, end: number): number {
  let lf = octets.indexOf(LF, from);
  while (lf >= 0 && lf < end - 1) {
    if (octets[lf + 1] === LF) {
      return lf + 2;
    }
    if (octets[lf + 1] === CR && lf + 2 < end && octets[lf + 2] === LF) {
      return lf + 3;
    }
    lf = octets.indexOf(LF, lf + 1);
  }
  return -1;
}

/** The length that a head declares for its body, read line by line. */
function contentLengthIn(head: Uint8Array): number | CodedParseError {
  const declared = declaredLength(readHead(head, NO_LIMITS).fields);
  if (!declared.ok) {
    return declared.error;
  }
  return (
    declared.octets ??
    parseError('SIP_PARSE_CONTENT_LENGTH', 0, 'Content-Length', 'RFC 3261 §18.3', 'Missing Content-Length on a stream')
  );
}

function tooLarge(offset: number, header: 'header' | 'body'): CodedParseError {
  return parseError('SIP_PARSE_MESSAGE_TOO_LARGE', offset, header, 'RFC 3261 §21.5.7', 'Message is too large');
}

/** Frames one stream. Holds at most one message of MAX_MESSAGE_OCTETS and the last chunk. */
export class SipStreamFramer {
  /** What came and was not given yet, from `#start` to `#end`: the last chunk itself, or a buffer in which a message is collected. */
  #octets = NOTHING;
  #isBuffer = false;
  #start = 0;
  #end = 0;
  /** Octets of the head, from `#start`, in which no empty line was found. */
  #searched = 0;
  /** Whole length of the message at `#start` once its head is there; 0 before. */
  #length = 0;
  #lineEnds = 0;
  #dead = false;

  /**
   * Takes the next octets and gives what they complete. After an error the stream is dead and gives nothing.
   * @param chunk must not change afterwards: the messages in it are views of it
   */
  push(chunk: Uint8Array): FramerEvent[] {
    const events: FramerEvent[] = [];
    if (this.#dead) {
      return events;
    }
    this.#append(chunk);
    let event = this.#next();
    while (event !== undefined) {
      events.push(event);
      event = this.#dead ? undefined : this.#next();
    }
    return events;
  }

  #append(chunk: Uint8Array): void {
    const held = this.#end - this.#start;
    if (held === 0) {
      this.#octets = chunk;
      this.#isBuffer = false;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    if (!this.#isBuffer || this.#end + chunk.length > this.#octets.length) {
      this.#makeRoom(held + chunk.length);
    }
    this.#octets.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Moves what is held to the beginning of a buffer for this many octets. */
  #makeRoom(needed: number): void {
    const capacity = this.#isBuffer ? this.#octets.length : 0;
    const target =
      needed > capacity ? new Uint8Array(Math.max(needed, capacity * 2, INITIAL_CAPACITY_OCTETS)) : this.#octets;
    target.set(this.#octets.subarray(this.#start, this.#end));
    this.#octets = target;
    this.#isBuffer = true;
    this.#end -= this.#start;
    this.#start = 0;
  }

  #next(): FramerEvent | undefined {
    if (this.#length === 0) {
      const event = this.#skipLineEnds() ?? this.#readHead();
      if (event !== undefined) {
        return event;
      }
    }
    if (this.#length === 0 || this.#end - this.#start < this.#length) {
      return undefined;
    }
    const bytes = this.#given(this.#start + this.#length);
    this.#consume(this.#length);
    return { kind: 'message', bytes };
  }

  /** The octets up to `end`: a copy out of the buffer, which is used again, or a part of the chunk. */
  #given(end: number): Uint8Array {
    if (this.#isBuffer) {
      return this.#octets.slice(this.#start, end);
    }
    return this.#start === 0 && end === this.#octets.length ? this.#octets : this.#octets.subarray(this.#start, end);
  }

  /** Passes the line ends between messages; two CRLF in a row are a keep-alive. */
  #skipLineEnds(): FramerEvent | undefined {
    while (this.#searched === 0 && this.#start < this.#end) {
      const first = this.#octets[this.#start];
      if (first === LF) {
        this.#consume(1);
      } else if (first === CR && this.#end - this.#start > 1 && this.#octets[this.#start + 1] === LF) {
        this.#consume(2);
        this.#lineEnds += 1;
        if (this.#lineEnds === PING_LINE_ENDS) {
          this.#lineEnds = 0;
          return { kind: 'keep-alive' };
        }
      } else {
        break;
      }
    }
    return undefined;
  }

  #readHead(): FramerEvent | undefined {
    const held = this.#end - this.#start;
    if (held === 0 || (held === 1 && this.#octets[this.#start] === CR)) {
      return undefined;
    }
    this.#lineEnds = 0;
    const headEnd = endOfHead(this.#octets, this.#start + Math.max(0, this.#searched - 2), this.#end);
    if (headEnd < 0) {
      this.#searched = held;
      return held > MAX_MESSAGE_OCTETS ? this.#die(tooLarge(0, 'header')) : undefined;
    }
    const headLength = headEnd - this.#start;
    if (headLength > MAX_MESSAGE_OCTETS) {
      return this.#die(tooLarge(0, 'header'));
    }
    const bodyLength =
      plainContentLength(this.#octets, this.#start, headEnd) ??
      contentLengthIn(this.#octets.subarray(this.#start, headEnd));
    if (typeof bodyLength !== 'number') {
      return this.#die(bodyLength, this.#given(headEnd));
    }
    if (headLength + bodyLength > MAX_MESSAGE_OCTETS) {
      return this.#die(tooLarge(headLength, 'body'), this.#given(headEnd));
    }
    this.#length = headLength + bodyLength;
    return undefined;
  }

  #die(error: CodedParseError, head?: Uint8Array): FramerEvent {
    this.#dead = true;
    this.#forget();
    return head === undefined ? { kind: 'error', error } : { kind: 'error', error, head };
  }

  #consume(octets: number): void {
    this.#start += octets;
    this.#searched = 0;
    this.#length = 0;
    if (this.#start === this.#end) {
      this.#forget();
    }
  }

  #forget(): void {
    this.#octets = NOTHING;
    this.#isBuffer = false;
    this.#start = 0;
    this.#end = 0;
  }
}
