import type { AvpType } from './avp-types.ts';

/** Whether the M bit is set: always, never, or as the sender needs it. @see RFC 6733 §4.5, TS 29.229 table 6.3.1 */
export type MandatoryRule = 'must' | 'mustNot' | 'may';

/** One row of the AVP table, used by the codec, the typed Cx messages and the page's explanations. */
export interface AvpRule {
  readonly code: number;
  /** 0 for an AVP of the IETF; otherwise the V bit is set. */
  readonly vendor: number;
  readonly type: AvpType;
  readonly mandatory: MandatoryRule;
  /** One line for a person who meets the AVP for the first time. */
  readonly text: string;
  readonly reference: string;
  /** The format is OctetString, but what it holds is text and is shown so. */
  readonly holdsText: boolean;
}

/** Vendor-Id of 3GPP. */
export const VENDOR_3GPP = 10415;
/** Vendor-Id of ETSI, for the AVPs of NASS-Bundled authentication. */
export const VENDOR_ETSI = 13019;

/** A row whose format is known to the compiler. */
export type TypedAvpRule<T extends AvpType> = AvpRule & { readonly type: T };
