import { describe, expect, it } from 'vitest';
import vectors from '../../../test/vectors/diameter.json' with { type: 'json' };
import { hexText } from './avp-types.ts';
import { type AvpLayout, checkStructure, MAX_AVP_DEPTH } from './structural-check.ts';

function octets(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** A message of one header and these AVPs. */
function message(avps: string, flags = 'c0', command = '00012c'): Uint8Array {
  const length = (20 + avps.length / 2).toString(16).padStart(6, '0');
  return octets(`01${length}${flags}${command}01000000${'00000001'}${'00000002'}${avps}`);
}

/** User-Name `a`. */
const USER_NAME = '000000014000000961000000';

/** A Proxy-Info around so many others. */
function group(inside: number): string {
  const inner = inside === 0 ? '' : group(inside - 1);
  return `0000011c40${(8 + inner.length / 2).toString(16).padStart(6, '0')}${inner}`;
}

function depthOf(avps: readonly AvpLayout[]): number {
  return avps.length === 0 ? 0 : 1 + Math.max(...avps.map((avp) => depthOf(avp.children)));
}

describe('the structural check', () => {
  it.each(Object.entries(vectors))('finds nothing wrong with %s', (_name, hex) => {
    const layout = checkStructure(octets(hex));
    expect(layout.error).toBeUndefined();
    expect(layout.avps.every((avp) => avp.rule !== undefined)).toBe(true);
  });

  it('reads the header and the tree of a message', () => {
    const { header, avps } = checkStructure(octets(vectors.UAA_first));
    expect(header).toEqual({
      request: false,
      proxiable: true,
      error: false,
      retransmitted: false,
      commandCode: 300,
      applicationId: 16_777_216,
      hopByHop: 3,
      endToEnd: 3,
    });
    const result = avps.find((avp) => avp.rule?.name === 'Experimental-Result');
    expect(result?.children.map((avp) => avp.rule?.name)).toEqual(['Vendor-Id', 'Experimental-Result-Code']);
  });

  it.each<[what: string, avps: string, resultCode: number, offset: number, failedAvp: string | undefined]>([
    ['an AVP of length 0', '0000000140000000', 5014, 20, '0000000140000008'],
    ['an AVP shorter than its header', '0000000140000007', 5014, 20, '0000000140000008'],
    ['an AVP with V shorter than 12 octets', '00000259c000000b000028af', 5014, 20, '00000259c000000c000028af'],
    ['an AVP longer than the message', '0000000140ffffff61000000', 5014, 20, '0000000140000008'],
    ['an AVP whose padding is missing', '000000014000000d6100000000', 5014, 20, '0000000140000008'],
    ['a header that is cut off', `${USER_NAME}00000001`, 5014, 32, undefined],
    ['a vendor that is cut off', '00000259c000000c', 5014, 20, undefined],
    ['an Unsigned32 of 3 octets', '0000010a4000000b00000000', 5014, 20, '0000010a4000000c00000000'],
    ['an Unsigned32 of 8 octets', '0000010a400000100000000000000001', 5014, 20, '0000010a400000100000000000000001'],
    ['an Address without a family', '00000101400000090a000000', 5014, 20, '000001014000000a00000000'],
    ['an IPv4 address of 5 octets', '000001014000000f00017f0000010900', 5014, 20, '000001014000000f00017f0000010900'],
    ['a reserved bit in the flags', '000000015000000961000000', 3009, 20, '000000015000000961000000'],
    ['the V bit with vendor 0', '00000001c000000d0000000061000000', 3009, 20, '00000001c000000d0000000061000000'],
    ['an unknown AVP with M', '0000fffe4000000c01020304', 5001, 20, '0000fffe4000000c01020304'],
    [
      'a known code of another vendor with M',
      '00000259c000000d0000000961000000',
      5001,
      20,
      '00000259c000000d0000000961000000',
    ],
    ['text that is no UTF-8', '000000014000000ac3280000', 5004, 20, '000000014000000ac3280000'],
    ['a child longer than its group', '00000104400000140000010a4000001028af0000', 5014, 28, '0000010a4000000c00000000'],
  ])('refuses %s', (_what, avps, resultCode, offset, failedAvp) => {
    const { error } = checkStructure(message(avps));
    expect(error).toMatchObject({ resultCode, offset });
    expect(error?.failedAvp === undefined ? undefined : hexText(error.failedAvp)).toBe(failedAvp);
    expect(error?.reference).toMatch(/^RFC 6733 §/);
  });

  it.each<[string, string, number]>([
    ['a request with the E bit', 'e0', 3008],
    ['an answer with the T bit', '50', 3008],
    ['a reserved bit', 'c1', 5013],
  ])('refuses %s in the header', (_what, flags, resultCode) => {
    expect(checkStructure(message(USER_NAME, flags)).error).toMatchObject({ resultCode, offset: 4 });
  });

  it('keeps the AVPs before the fault, so that the answer can carry the Session-Id', () => {
    const { avps, error } = checkStructure(message(`${USER_NAME}0000000140000000`));
    expect(error?.offset).toBe(32);
    expect(avps.map((avp) => avp.rule?.name)).toEqual(['User-Name']);
  });

  it('keeps an unknown AVP without M as octets', () => {
    const { avps, error } = checkStructure(message('0000fffe8000001000001092c3280001'));
    expect(error).toBeUndefined();
    expect(avps).toMatchObject([{ code: 65_534, vendor: 4242, type: 'OctetString', mandatory: false }]);
    expect(hexText(avps[0]?.data ?? new Uint8Array())).toBe('c3280001');
  });

  it(`reads ${MAX_AVP_DEPTH - 1} groups in one another, and refuses one more`, () => {
    const deepest = checkStructure(message(group(MAX_AVP_DEPTH - 2)));
    expect(deepest.error).toBeUndefined();
    expect(depthOf(deepest.avps)).toBe(MAX_AVP_DEPTH - 1);
    expect(checkStructure(message(group(MAX_AVP_DEPTH - 1))).error).toMatchObject({ resultCode: 5004 });
    expect(checkStructure(message(group(2_000))).error).toMatchObject({ resultCode: 5004 });
  });
});
