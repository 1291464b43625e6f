import { type AvpName, avpRule, avpTable } from './avp-table.ts';
import type { AvpType, AvpTypeValues, SimpleAvpType } from './avp-types.ts';

interface AvpHeader {
  readonly code: number;
  /** 0 when the V bit is clear. */
  readonly vendor: number;
  /** The M bit. */
  readonly mandatory: boolean;
}

type SimpleAvp = {
  [T in SimpleAvpType]: AvpHeader & { readonly type: T; readonly value: AvpTypeValues[T] };
}[SimpleAvpType];

/** An attribute-value pair. An AVP that the table does not know is an OctetString, so that its octets survive. @see RFC 6733 §4 */
export type Avp = SimpleAvp | (AvpHeader & { readonly type: 'Grouped'; readonly value: readonly Avp[] });

type RuleType<N extends AvpName> = (typeof avpTable)[N]['type'];

/** What the AVP of this name holds. Failed-AVP holds raw octets: what is in it may be broken. */
export type AvpValueOf<N extends AvpName> = N extends 'Failed-AVP'
  ? Uint8Array
  : RuleType<N> extends SimpleAvpType
    ? AvpTypeValues[RuleType<N>]
    : readonly Avp[];

/** Failed-AVP carries an AVP that is wrong by definition, so its octets are never decoded as a group. @see RFC 6733 §7.5 */
const FAILED_AVP_CODE = 279;

export function isFailedAvp(vendor: number, code: number): boolean {
  return vendor === 0 && code === FAILED_AVP_CODE;
}

/** The format in which an AVP is coded: octets where the table does not know it. */
export function wireType(vendor: number, code: number): AvpType {
  const rule = avpRule(vendor, code);
  return rule === undefined || isFailedAvp(vendor, code) ? 'OctetString' : rule.type;
}

/** An AVP by its name. The M bit follows the table; `mandatory` decides where the table leaves it open. */
export function avp<N extends AvpName>(name: N, value: AvpValueOf<N>, mandatory = false): Avp {
  const { code, vendor, mandatory: rule, type } = avpTable[name];
  return {
    code,
    vendor,
    mandatory: rule === 'may' ? mandatory : rule === 'must',
    type: isFailedAvp(vendor, code) ? 'OctetString' : type,
    value,
  } as Avp;
}

/** The name of an AVP, or `AVP-<code>` when the table does not have it. */
export function avpNameOf(vendor: number, code: number): string {
  return avpRule(vendor, code)?.name ?? `AVP-${code}`;
}
