import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIpv6Reference } from './ipv6-reference.ts';

describe('an IPv6 reference', () => {
  it.each([
    '[::]',
    '[::1]',
    '[2001:db8::10]',
    '[2001:db8::10:5070]',
    '[1:2:3:4:5:6:7:8]',
    '[1:2:3:4:5:6:192.0.2.1]',
    '[::ffff:192.0.2.10]',
    '[2001:db8::192.0.2.1]',
    '[2001:db8:::192.0.2.1]',
    '[1:2:3:4:5:6:7::]',
  ])('is %s', (text) => {
    expect(isIpv6Reference(text)).toBe(true);
  });

  it.each([
    '2001:db8::10',
    '[]',
    '[:]',
    '[:::]',
    '[::::]',
    '[1:2:3]',
    '[1::2::3]',
    '[2001:db8:::1]',
    '[1:2:3:4:5:6:7:8:9]',
    '[1:2:3:4::5:6:7:8]',
    '[12345::1]',
    '[::192.0.2.256]',
    '[192.0.2.1::]',
    '[192.0.2.1]',
    '[::1',
  ])('is not %s', (text) => {
    expect(isIpv6Reference(text)).toBe(false);
  });

  it('is what the platform takes for an address, but for the third colon', () => {
    const pieces = fc.constantFrom('1', 'db8', 'ffff', '12345', ':', '::', '.', '192.0.2.1', '0');
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 17 }).filter((all) => !all.join('').includes(':::')),
        (all) => {
          const text = all.join('');
          expect(isIpv6Reference(`[${text}]`)).toBe(isIPv6(text));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
