import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressText,
  decodeValue,
  encodeValue,
  fitsFormat,
  hexText,
  ipAddress,
  type SimpleAvpType,
  utf8Text,
} from './avp-types.ts';

describe('AVP formats', () => {
  it.each<[SimpleAvpType, fc.Arbitrary<unknown>]>([
    ['OctetString', fc.uint8Array({ maxLength: 64 })],
    ['UTF8String', fc.string({ unit: 'grapheme' })],
    ['DiameterIdentity', fc.domain()],
    ['Unsigned32', fc.integer({ min: 0, max: 4_294_967_295 })],
    ['Integer32', fc.integer()],
    ['Enumerated', fc.integer()],
    ['Unsigned64', fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
    ['Integer64', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  ])('%s comes back as it went', (type, values) => {
    fc.assert(
      fc.property(values, (value) => {
        const data = encodeValue(type, value);
        expect(fitsFormat(type, data)).toBe(true);
        expect(decodeValue(type, data)).toEqual(value);
      }),
    );
  });

  it('keeps a byte order mark and the octet 00 in text', () => {
    const text = '\ufeffa\u0000b';
    expect(decodeValue('UTF8String', encodeValue('UTF8String', text))).toBe(text);
    expect(hexText(encodeValue('UTF8String', text))).toBe('efbbbf610062');
  });

  it.each<[string, string, string]>([
    ['the Unix epoch', '1970-01-01T00:00:00.000Z', '83aa7e80'],
    ['the last second before NTP wraps', '2036-02-07T06:28:15.000Z', 'ffffffff'],
    ['the second at which NTP wraps', '2036-02-07T06:28:16.000Z', '00000000'],
    ['a time of the next era', '2040-01-01T00:00:00.000Z', '0754fd00'],
  ])('Time counts NTP seconds: %s', (_name, iso, hex) => {
    const data = encodeValue('Time', new Date(iso));
    expect(hexText(data)).toBe(hex);
    expect(decodeValue('Time', data)).toEqual(new Date(iso));
  });

  it.each<[string, SimpleAvpType, unknown]>([
    ['text for octets', 'OctetString', 'abc'],
    ['a number for text', 'UTF8String', 7],
    ['half a surrogate pair', 'UTF8String', '\ud800'],
    ['NaN', 'Unsigned32', Number.NaN],
    ['nothing', 'Unsigned32', undefined],
    ['a fraction', 'Unsigned32', 1.5],
    ['a negative number', 'Unsigned32', -1],
    ['a number beyond 32 bits', 'Unsigned32', 4_294_967_296],
    ['a number for 64 bits', 'Unsigned64', 1],
    ['an integer beyond 64 bits', 'Unsigned64', 2n ** 64n],
    ['an invalid date', 'Time', new Date(Number.NaN)],
    ['a time before 1968', 'Time', new Date('1960-01-01')],
    ['a time as number', 'Time', 0],
    ['an address without its family', 'Address', Uint8Array.of(1)],
    ['an IPv4 address of three octets', 'Address', Uint8Array.of(0, 1, 127, 0, 0)],
  ])('refuses %s before an octet is made', (_name, type, value) => {
    expect(() => encodeValue(type, value)).toThrow(TypeError);
  });

  it('says no value in the text of a TypeError: it may be a key', () => {
    expect(() => encodeValue('OctetString', 'secret')).toThrow(/^OctetString can not carry this string$/);
  });

  it.each<[text: string, hex: string, shown: string]>([
    ['127.0.0.1', '00017f000001', '127.0.0.1'],
    ['::1', '000200000000000000000000000000000001', '0:0:0:0:0:0:0:1'],
    ['::', '000200000000000000000000000000000000', '0:0:0:0:0:0:0:0'],
    ['2001:db8::a0b', '000220010db8000000000000000000000a0b', '2001:db8:0:0:0:0:0:a0b'],
    ['::ffff:192.0.2.1', '0001c0000201', '192.0.2.1'],
  ])('writes the address %s', (text, hex, shown) => {
    expect(hexText(ipAddress(text))).toBe(hex);
    expect(addressText(ipAddress(text))).toBe(shown);
  });

  it.each(['256.0.0.1', '1.2.3', '', 'localhost', '1::2::3', '1:2:3', '1:2:3:4:5:6:7:8::', '::12345'])(
    'refuses %o as an address',
    (text) => {
      expect(() => ipAddress(text)).toThrow(TypeError);
    },
  );

  it('takes text only as UTF-8', () => {
    expect(utf8Text(Uint8Array.of(0xc3, 0x28))).toBeUndefined();
    expect(utf8Text(Uint8Array.of(0xc3, 0xbc))).toBe('ü');
  });
});
