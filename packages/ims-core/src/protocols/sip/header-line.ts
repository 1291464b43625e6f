/** Header fields that keep the typed value they were read as; copies of a message share its fields and so the values. */
import { type AuthValue, parseAuth } from './auth-params.ts';
import { splitCommaList } from './comma-list.ts';
import { type CSeq, parseCSeq } from './cseq.ts';
import type { Parsed } from './errors.ts';
import { isCommaList } from './header-registry.ts';
import type { HeaderField } from './message.ts';
import { type NameAddr, parseNameAddr } from './name-addr.ts';
import { parseVia, type Via } from './via.ts';

type Reader<Value> = (text: string) => Value;

/** A header field with its typed value, read when it is first asked for. */
export class HeaderLine implements HeaderField {
  readonly name: string;
  readonly key: string;
  readonly value: string;
  readonly offset: number;
  readonly end: number;
  /** The text of the message in which octets `offset` to `end` are this line as it would be written here; empty for any other line. */
  readonly #text: string;
  /** What `#typed` was read with: a line is only ever read in one way. */
  #reader: Reader<unknown> | undefined = undefined;
  #typed: unknown = undefined;

  constructor(name: string, key: string, value: string, offset: number, end: number, text: string) {
    this.name = name;
    this.key = key;
    this.value = value;
    this.offset = offset;
    this.end = end;
    this.#text = text;
  }

  /** The text of a field's message when the field can be written by copying its line; empty when not. */
  static textAround(field: HeaderField): string {
    return field instanceof HeaderLine ? field.#text : '';
  }

  /** The value as `reader` gives it, which is asked once. */
  typed<Value>(reader: Reader<Value>): Value {
    if (this.#reader !== reader) {
      this.#typed = reader(this.value);
      this.#reader = reader;
    }
    return this.#typed as Value;
  }
}

function typedValue<Value>(field: HeaderField, reader: Reader<Value>): Value {
  return field instanceof HeaderLine ? field.typed(reader) : reader(field.value);
}

function one<T>(text: string, parse: (text: string) => Parsed<T>): Parsed<readonly T[]> {
  const parsed = parse(text);
  return parsed.ok ? { ok: true, value: [parsed.value] } : parsed;
}

function every<T>(text: string, parse: (text: string) => Parsed<T>): Parsed<readonly T[]> {
  if (!text.includes(',')) {
    return one(text.trim(), parse);
  }
  const values: T[] = [];
  for (const part of splitCommaList(text)) {
    const parsed = parse(part);
    if (!parsed.ok) {
      return parsed;
    }
    values.push(parsed.value);
  }
  return { ok: true, value: values };
}

function readVias(text: string): Parsed<readonly Via[]> {
  return every(text, parseVia);
}

function readAddresses(text: string): Parsed<readonly NameAddr[]> {
  return every(text, parseNameAddr);
}

function readAddress(text: string): Parsed<readonly NameAddr[]> {
  return one(text, parseNameAddr);
}

/** All Via values of a line. */
export function viasIn(field: HeaderField): Parsed<readonly Via[]> {
  return typedValue(field, readVias);
}

/** All addresses of a line: one for From and To, a comma list for Contact, Route and their like. */
export function addressesIn(field: HeaderField): Parsed<readonly NameAddr[]> {
  return typedValue(field, isCommaList(field.key) ? readAddresses : readAddress);
}

export function cseqIn(field: HeaderField): Parsed<CSeq> {
  return typedValue(field, parseCSeq);
}

/** Digest credentials or a challenge. */
export function authIn(field: HeaderField): Parsed<AuthValue> {
  return typedValue(field, parseAuth);
}
