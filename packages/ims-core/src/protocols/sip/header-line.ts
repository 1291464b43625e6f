/** Header fields that keep the typed value they were read as; copies of a message share its fields and so the values. */
import { splitCommaList } from './comma-list.ts';
import { type CSeq, parseCSeq } from './cseq.ts';
import type { Parsed } from './errors.ts';
import { headerRule } from './header-registry.ts';
import type { HeaderField } from './message.ts';
import { type NameAddr, parseNameAddr } from './name-addr.ts';
import { parseVia, type Via } from './via.ts';

function every<T>(texts: readonly string[], parse: (text: string) => Parsed<T>): Parsed<readonly T[]> {
  const values: T[] = [];
  for (const text of texts) {
    const parsed = parse(text);
    if (!parsed.ok) {
      return parsed;
    }
    values.push(parsed.value);
  }
  return { ok: true, value: values };
}

/** A header field with its typed value, parsed when it is first asked for. */
export class HeaderLine implements HeaderField {
  readonly name: string;
  readonly key: string;
  readonly value: string;
  readonly offset: number;
  readonly end: number;
  #vias: Parsed<readonly Via[]> | undefined;
  #addresses: Parsed<readonly NameAddr[]> | undefined;
  #cseq: Parsed<CSeq> | undefined;

  constructor(name: string, key: string, value: string, offset: number, end: number) {
    this.name = name;
    this.key = key;
    this.value = value;
    this.offset = offset;
    this.end = end;
  }

  get vias(): Parsed<readonly Via[]> {
    this.#vias ??= every(splitCommaList(this.value), parseVia);
    return this.#vias;
  }

  get addresses(): Parsed<readonly NameAddr[]> {
    this.#addresses ??= every(
      headerRule(this.key)?.list === true ? splitCommaList(this.value) : [this.value],
      parseNameAddr,
    );
    return this.#addresses;
  }

  get cseq(): Parsed<CSeq> {
    this.#cseq ??= parseCSeq(this.value);
    return this.#cseq;
  }
}

function lineOf(field: HeaderField): HeaderLine {
  return field instanceof HeaderLine
    ? field
    : new HeaderLine(field.name, field.key, field.value, field.offset, field.end);
}

/** All Via values of a line. */
export function viasIn(field: HeaderField): Parsed<readonly Via[]> {
  return lineOf(field).vias;
}

/** All addresses of a line: one for From and To, a comma list for Contact, Route and their like. */
export function addressesIn(field: HeaderField): Parsed<readonly NameAddr[]> {
  return lineOf(field).addresses;
}

export function cseqIn(field: HeaderField): Parsed<CSeq> {
  return lineOf(field).cseq;
}
