import { detached } from '../protocols/sip/detached.ts';
import type { MessageChange } from './event.ts';

/** Texts that are written as a number. Names and reasons are nearly all constants; any further ones are written out. */
const MAX_KNOWN_TEXTS = 4_096;

const OPS = ['add', 'remove', 'replace'] as const satisfies readonly MessageChange['op'][];

/** How a text is written: two bits below its number or its length. */
const ABSENT = 0;
const KNOWN = 1;
const ONE_OCTET = 2;
const TWO_OCTETS = 3;

const TEXT_HEAD_OCTETS = 4;
const OCTETS_BESIDE_TEXTS = 1 + 4 * TEXT_HEAD_OCTETS;

/** Writes the changes of messages as octets and reads them again, as they were. */
export class ChangeOctets {
  readonly #texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  /** Octets that `write` takes at most. */
  most(changes: readonly MessageChange[]): number {
    let octets = 0;
    for (const { name, before, after, why } of changes) {
      const characters = name.length + why.length + (before?.length ?? 0) + (after?.length ?? 0);
      octets += OCTETS_BESIDE_TEXTS + 2 * characters;
    }
    return octets;
  }

  /** Returns the offset after the last octet. */
  write(changes: readonly MessageChange[], into: Uint8Array, start: number): number {
    let at = start;
    for (const { op, name, before, after, why } of changes) {
      into[at] = OPS.indexOf(op);
      at = this.#writeKnown(name, into, at + 1);
      at = this.#writeKnown(why, into, at);
      at = writeText(before, into, at);
      at = writeText(after, into, at);
    }
    return at;
  }

  read(octets: Uint8Array): readonly MessageChange[] {
    const changes: MessageChange[] = [];
    const reader = new TextReader(octets, this.#texts);
    while (reader.at < octets.length) {
      const op = OPS[octets[reader.at] ?? 0] ?? 'add';
      reader.at += 1;
      const name = reader.text() ?? '';
      const why = reader.text() ?? '';
      const before = reader.text();
      const after = reader.text();
      changes.push({
        op,
        name,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
        why,
      });
    }
    return changes;
  }

  #writeKnown(text: string, into: Uint8Array, at: number): number {
    const number = this.#numbers.get(text) ?? this.#learn(text);
    if (number === undefined) return writeText(text, into, at);
    writeHead((number << 2) | KNOWN, into, at);
    return at + TEXT_HEAD_OCTETS;
  }

  #learn(text: string): number | undefined {
    const number = this.#texts.length;
    if (number >= MAX_KNOWN_TEXTS) return undefined;
    const known = detached(text);
    this.#texts.push(known);
    this.#numbers.set(known, number);
    return number;
  }
}

function writeHead(head: number, into: Uint8Array, at: number): void {
  into[at] = head;
  into[at + 1] = head >>> 8;
  into[at + 2] = head >>> 16;
  into[at + 3] = head >>> 24;
}

/** One octet a character where that is enough, else two. A loop is faster here than an encoder: the texts are short. */
function writeText(text: string | undefined, into: Uint8Array, at: number): number {
  if (text === undefined) {
    writeHead(ABSENT, into, at);
    return at + TEXT_HEAD_OCTETS;
  }
  const { length } = text;
  const start = at + TEXT_HEAD_OCTETS;
  let all = 0;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    into[start + index] = code;
    all |= code;
  }
  if (all <= 0xff) {
    writeHead((length << 2) | ONE_OCTET, into, at);
    return start + length;
  }
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    into[start + 2 * index] = code;
    into[start + 2 * index + 1] = code >>> 8;
  }
  writeHead((length << 2) | TWO_OCTETS, into, at);
  return start + 2 * length;
}

class TextReader {
  at = 0;
  readonly #octets: Uint8Array;
  readonly #known: readonly string[];

  constructor(octets: Uint8Array, known: readonly string[]) {
    this.#octets = octets;
    this.#known = known;
  }

  text(): string | undefined {
    const head = this.#octet() | (this.#octet() << 8) | (this.#octet() << 16) | (this.#octet() << 24);
    const form = head & 3;
    const count = head >>> 2;
    if (form === ABSENT) return undefined;
    if (form === KNOWN) return this.#known[count];
    let text = '';
    for (let index = 0; index < count; index += 1) {
      const code = this.#octet();
      text += String.fromCharCode(form === ONE_OCTET ? code : code | (this.#octet() << 8));
    }
    return text;
  }

  #octet(): number {
    const octet = this.#octets[this.at] ?? 0;
    this.at += 1;
    return octet;
  }
}
