/**
 * A byte stream cut into messages by Content-Length, whatever the chunks.
 * @see RFC 3261 §18.3
 * @see RFC 5626 §3.5.1
 */
import { declaredLength } from './content-length.ts';
import type { SipParseError } from './errors.ts';
import { indexHead, readField } from './head.ts';
import type { HeaderField } from './message.ts';
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
const LETTERS_OF_CONTENT_LENGTH = new Set([67, 99, 76, 108]);
const PING_LINE_ENDS = 2;

/** First octet after the empty line that ends the head; -1 when it is not there. `from` may be any place in the head. */
function endOfHead(octets: Uint8Array, from: number): number {
  let at = octets.indexOf(LF, from);
  while (at >= 0) {
    if (octets[at + 1] === LF) {
      return at + 2;
    }
    if (octets[at + 1] === CR && octets[at + 2] === LF) {
      return at + 3;
    }
    at = octets.indexOf(LF, at + 1);
  }
  return -1;
}

function contentLengthFields(head: Uint8Array): readonly HeaderField[] {
  const index = indexHead(head, head.length);
  const fields: HeaderField[] = [];
  for (let line = 1; line < index.starts.length; line += 1) {
    if (LETTERS_OF_CONTENT_LENGTH.has(head[index.starts[line]!]!)) {
      const field = readField(index, head, line);
      if (field !== undefined) {
        fields.push(field);
      }
    }
  }
  return fields;
}

/** Whole length of the message that begins with this head. */
function messageLength(head: Uint8Array): number | CodedParseError {
  const declared = declaredLength(contentLengthFields(head));
  if (!declared.ok) {
    return declared.error;
  }
  if (declared.octets === undefined) {
    const text = 'Missing Content-Length on a stream';
    return parseError('SIP_PARSE_CONTENT_LENGTH', 0, 'Content-Length', 'RFC 3261 §18.3', text);
  }
  const length = head.length + declared.octets;
  return length > MAX_MESSAGE_OCTETS
    ? parseError('SIP_PARSE_MESSAGE_TOO_LARGE', head.length, 'body', 'RFC 3261 §21.5.7', 'Message is too large')
    : length;
}

/** Frames one stream. Holds at most one message of MAX_MESSAGE_OCTETS and the last chunk. */
export class SipStreamFramer {
  #buffer = new Uint8Array(INITIAL_CAPACITY_OCTETS);
  #start = 0;
  #end = 0;
  /** Octets of the head, from `#start`, in which no empty line was found. */
  #searched = 0;
  /** Whole length of the message at `#start` once its head is there; 0 before. */
  #length = 0;
  #lineEnds = 0;
  #dead = false;

  /** Takes the next octets and gives what they complete. After an error the stream is dead and gives nothing. */
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
    if (this.#end + chunk.length > this.#buffer.length) {
      const needed = held + chunk.length;
      const target =
        needed > this.#buffer.length ? new Uint8Array(Math.max(needed, this.#buffer.length * 2)) : this.#buffer;
      target.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = target;
      this.#start = 0;
      this.#end = held;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
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
    const bytes = this.#buffer.slice(this.#start, this.#start + this.#length);
    this.#consume(this.#length);
    return { kind: 'message', bytes };
  }

  /** Passes the line ends between messages; two CRLF in a row are a keep-alive. */
  #skipLineEnds(): FramerEvent | undefined {
    while (this.#searched === 0 && this.#start < this.#end) {
      const first = this.#buffer[this.#start];
      if (first === LF) {
        this.#consume(1);
      } else if (first === CR && this.#end - this.#start > 1 && this.#buffer[this.#start + 1] === LF) {
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
    const octets = this.#buffer.subarray(this.#start, this.#end);
    if (octets.length === 0 || (octets.length === 1 && octets[0] === CR)) {
      return undefined;
    }
    this.#lineEnds = 0;
    const headEnd = endOfHead(octets, Math.max(0, this.#searched - 2));
    if (headEnd < 0) {
      this.#searched = octets.length;
      return octets.length > MAX_MESSAGE_OCTETS ? this.#die(this.#headTooLarge()) : undefined;
    }
    if (headEnd > MAX_MESSAGE_OCTETS) {
      return this.#die(this.#headTooLarge());
    }
    const head = octets.slice(0, headEnd);
    const length = messageLength(head);
    if (typeof length !== 'number') {
      return this.#die(length, head);
    }
    this.#length = length;
    return undefined;
  }

  #headTooLarge(): CodedParseError {
    return parseError('SIP_PARSE_MESSAGE_TOO_LARGE', 0, 'header', 'RFC 3261 §21.5.7', 'Message is too large');
  }

  #die(error: CodedParseError, head?: Uint8Array): FramerEvent {
    this.#dead = true;
    this.#buffer = new Uint8Array(0);
    this.#start = 0;
    this.#end = 0;
    return head === undefined ? { kind: 'error', error } : { kind: 'error', error, head };
  }

  #consume(octets: number): void {
    this.#start += octets;
    this.#searched = 0;
    this.#length = 0;
    if (this.#start === this.#end) {
      this.#start = 0;
      this.#end = 0;
      if (this.#buffer.length > MAX_MESSAGE_OCTETS) {
        this.#buffer = new Uint8Array(INITIAL_CAPACITY_OCTETS);
      }
    }
  }
}
