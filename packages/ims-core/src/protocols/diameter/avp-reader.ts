import { type Avp, type AvpValueOf, isFailedAvp } from './avp.ts';
import { type AvpName, avpTable } from './avp-table.ts';
import { type AvpType, type AvpTypeValues, encodeValue, utf8Text } from './avp-types.ts';
import { exampleAvp, failedAvpOf } from './failed-avp.ts';
import { ResultCode } from './result-codes.ts';

/** The AVP that keeps a message from being understood, as the answer's Result-Code and Failed-AVP say it. */
export interface AvpProblem {
  readonly resultCode: ResultCode;
  /** Name of the AVP. */
  readonly avp: AvpName;
  /** One sentence for people. Never holds a value. */
  readonly text: string;
  readonly reference: string;
  /** Content of Failed-AVP. */
  readonly failedAvp: Uint8Array;
}

/** A typed message; or what was wrong with it. */
export type AvpReading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: AvpProblem };

const absentValues: { readonly [T in keyof AvpTypeValues]: AvpTypeValues[T] } & { readonly Grouped: readonly Avp[] } = {
  OctetString: new Uint8Array(),
  UTF8String: '',
  DiameterIdentity: '',
  DiameterURI: '',
  Unsigned32: 0,
  Integer32: 0,
  Enumerated: 0,
  Unsigned64: 0n,
  Integer64: 0n,
  Address: new Uint8Array(),
  Time: new Date(0),
  Grouped: [],
};

/**
 * Takes AVPs out of a list by name. The first problem is kept and shows when the reading ends, so the readers in between
 * read straight down; a missing AVP reads as an empty value of its format until then.
 */
export class AvpReader {
  readonly #avps: readonly Avp[];
  #problem: AvpProblem | undefined;

  constructor(avps: readonly Avp[]) {
    this.#avps = avps;
  }

  /** Exactly one: missing is 5005, twice is 5009. */
  one<N extends AvpName>(name: N): AvpValueOf<N> {
    const value = this.optional(name);
    if (value !== undefined) return value;
    this.missing(name);
    return absentValue(name);
  }

  /** At most one: twice is 5009. */
  optional<N extends AvpName>(name: N): AvpValueOf<N> | undefined {
    const { code, vendor } = avpTable[name];
    let found: Avp | undefined;
    for (const candidate of this.#avps) {
      if (candidate.code !== code || candidate.vendor !== vendor) continue;
      if (found === undefined) found = candidate;
      else this.#repeated(name);
    }
    return found === undefined ? undefined : (found.value as AvpValueOf<N>);
  }

  /** Any number, in their order. */
  all<N extends AvpName>(name: N): readonly AvpValueOf<N>[] {
    const { code, vendor } = avpTable[name];
    const values: AvpValueOf<N>[] = [];
    for (const candidate of this.#avps) {
      if (candidate.code === code && candidate.vendor === vendor) values.push(candidate.value as AvpValueOf<N>);
    }
    return values;
  }

  /** The text that exactly one AVP of format OctetString holds; no UTF-8 is 5004. */
  oneText(name: 'User-Data' | 'Visited-Network-Identifier'): string {
    const text = this.optionalText(name);
    if (text === undefined) this.missing(name);
    return text ?? '';
  }

  optionalText(name: 'User-Data' | 'Visited-Network-Identifier'): string | undefined {
    const octets = this.optional(name);
    if (octets === undefined) return undefined;
    const text = utf8Text(octets);
    if (text === undefined) this.invalid(name, 'is no UTF-8', octets);
    return text ?? '';
  }

  /** What `read` makes of a group; a problem in the group is a problem of this message. */
  group<T>(avps: readonly Avp[], read: (inner: AvpReader) => T): T {
    const inner = new AvpReader(avps);
    const value = read(inner);
    if (inner.#problem !== undefined) this.#report(inner.#problem);
    return value;
  }

  missing(name: AvpName): void {
    this.#report({
      resultCode: ResultCode.MISSING_AVP,
      avp: name,
      text: `${name} is missing`,
      reference: 'RFC 6733 §7.1.5',
      failedAvp: exampleAvp(avpTable[name]),
    });
  }

  /** Reports a value that is not allowed. */
  invalid<N extends AvpName>(name: N, why: string, value: AvpValueOf<N>): void {
    const { code, vendor, mandatory, type } = avpTable[name];
    const data = type === 'Grouped' ? new Uint8Array() : encodeValue(type, value);
    this.#report({
      resultCode: ResultCode.INVALID_AVP_VALUE,
      avp: name,
      text: `${name} ${why}`,
      reference: 'RFC 6733 §7.1.5',
      failedAvp: failedAvpOf({ code, vendor, mandatory: mandatory === 'must' }, data),
    });
  }

  /** Ends the reading: the value, or the first problem. */
  finish<T>(value: T): AvpReading<T> {
    return this.#problem === undefined ? { ok: true, value } : { ok: false, problem: this.#problem };
  }

  #repeated(name: AvpName): void {
    this.#report({
      resultCode: ResultCode.AVP_OCCURS_TOO_MANY_TIMES,
      avp: name,
      text: `${name} stands there more than once`,
      reference: 'RFC 6733 §7.1.5',
      failedAvp: exampleAvp(avpTable[name]),
    });
  }

  #report(problem: AvpProblem): void {
    this.#problem ??= problem;
  }
}

function absentValue<N extends AvpName>(name: N): AvpValueOf<N> {
  const rule = avpTable[name];
  const type: AvpType = isFailedAvp(rule.vendor, rule.code) ? 'OctetString' : rule.type;
  return absentValues[type] as AvpValueOf<N>;
}
