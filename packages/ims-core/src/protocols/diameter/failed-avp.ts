import type { AvpRule } from './avp-rule.ts';
import { minimumOctets } from './avp-types.ts';
import { AVP_FLAG } from './message.ts';

/**
 * The octets of an AVP with the shortest data its format allows, all zero: what Failed-AVP holds when the AVP is missing
 * or its length is impossible.
 * @see RFC 6733 §7.5
 */
export function exampleAvp(rule: Pick<AvpRule, 'code' | 'vendor' | 'type' | 'mandatory'>): Uint8Array {
  const headerOctets = rule.vendor === 0 ? 8 : 12;
  const length = headerOctets + minimumOctets(rule.type);
  const octets = new Uint8Array(paddedLength(length));
  const view = new DataView(octets.buffer);
  view.setUint32(0, rule.code);
  view.setUint32(4, length);
  view.setUint8(4, (rule.vendor === 0 ? 0 : AVP_FLAG.vendor) | (rule.mandatory === 'must' ? AVP_FLAG.mandatory : 0));
  if (rule.vendor !== 0) view.setUint32(8, rule.vendor);
  return octets;
}

/** The octets of an AVP around given data: for a Failed-AVP that shows a value that was not allowed. */
export function failedAvpOf(
  header: { readonly code: number; readonly vendor: number; readonly mandatory: boolean },
  data: Uint8Array,
): Uint8Array {
  const headerOctets = header.vendor === 0 ? 8 : 12;
  const octets = new Uint8Array(paddedLength(headerOctets + data.length));
  const view = new DataView(octets.buffer);
  view.setUint32(0, header.code);
  view.setUint32(4, headerOctets + data.length);
  view.setUint8(4, (header.vendor === 0 ? 0 : AVP_FLAG.vendor) | (header.mandatory ? AVP_FLAG.mandatory : 0));
  if (header.vendor !== 0) view.setUint32(8, header.vendor);
  octets.set(data, headerOctets);
  return octets;
}

/** Octets up to the next multiple of four. @see RFC 6733 §4 */
export function paddedLength(octets: number): number {
  return (octets + 3) & ~3;
}
