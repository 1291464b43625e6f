/** Typed values of header fields, parsed on first use and kept with the field: copies of a message share its fields. */
import { splitCommaList } from './comma-list.ts';
import { type CSeq, parseCSeq } from './cseq.ts';
import type { Parsed } from './errors.ts';
import { headerRule } from './header-registry.ts';
import type { HeaderField } from './message.ts';
import { parseNameAddr } from './name-addr.ts';
import { parseVia } from './via.ts';

/** Reader of one value type; the result for a field is kept as long as the field. */
function kept<T>(parse: (field: HeaderField) => Parsed<T>): (field: HeaderField) => Parsed<T> {
  const results = new WeakMap<HeaderField, Parsed<T>>();
  return (field) => {
    const known = results.get(field);
    if (known !== undefined) {
      return known;
    }
    const result = parse(field);
    results.set(field, result);
    return result;
  };
}

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

/** All Via values of a line. */
export const viasIn = kept((field) => every(splitCommaList(field.value), parseVia));

/** All addresses of a line: one for From and To, a comma list for Contact, Route and their like. */
export const addressesIn = kept((field) => {
  const isList = headerRule(field.key)?.list === true;
  return every(isList ? splitCommaList(field.value) : [field.value], parseNameAddr);
});

export const cseqIn: (field: HeaderField) => Parsed<CSeq> = kept((field) => parseCSeq(field.value));
