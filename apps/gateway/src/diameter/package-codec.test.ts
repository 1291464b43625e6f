import { type Avp, avp, wireType } from '@imslab/ims-core/protocols/diameter/avp';
import { hexText, utf8Octets } from '@imslab/ims-core/protocols/diameter/avp-types';
import { APPLICATION_CX } from '@imslab/ims-core/protocols/diameter/commands';
import type { DiameterMessage } from '@imslab/ims-core/protocols/diameter/message';
import { checkStructure } from '@imslab/ims-core/protocols/diameter/structural-check';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../../../packages/ims-core/test/vectors/diameter.json' with { type: 'json' };
import { decodeMessage } from './codec.ts';
import { writeMessage } from './message-writer.ts';
import { decodeWithPackage, encodeWithPackage } from './package-codec.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const octets = fc.uint8Array({ maxLength: 40 });
const number = fc.nat();

/** An AVP of each format, known and unknown, alone or in a group. */
const simpleAvps = fc.oneof(
  text.map((value) => avp('User-Name', value)),
  text.map((value) => avp('Public-Identity', value)),
  text.map((value) => avp('User-Data', utf8Octets(value))),
  number.map((value) => avp('SIP-Number-Auth-Items', value)),
  number.map((value) => avp('Server-Assignment-Type', value)),
  octets.map((value) => avp('Confidentiality-Key', value)),
  octets.map((value) => avp('Failed-AVP', value)),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => avp('OC-Feature-Vector', value)),
  fc
    .record({ code: fc.integer({ min: 9_000, max: 9_999 }), vendor: fc.constantFrom(0, 4_242), value: octets })
    .map((unknown): Avp => ({ ...unknown, mandatory: false, type: 'OctetString' })),
);
const avps = fc.oneof(
  simpleAvps,
  fc.array(simpleAvps, { maxLength: 4 }).map((inner) => avp('SIP-Auth-Data-Item', [...inner])),
  fc.array(simpleAvps, { maxLength: 4 }).map((inner) => avp('Proxy-Info', [avp('SIP-Auth-Data-Item', inner)])),
);
const messages = fc.record({
  request: fc.constant(true),
  proxiable: fc.boolean(),
  error: fc.constant(false),
  retransmitted: fc.boolean(),
  commandCode: fc.integer({ min: 300, max: 305 }),
  applicationId: fc.constant(APPLICATION_CX),
  hopByHop: fc.integer({ min: 0, max: 4_294_967_295 }),
  endToEnd: fc.integer({ min: 0, max: 4_294_967_295 }),
  avps: fc.array(avps, { maxLength: 12 }),
});

function readBack(written: Uint8Array): DiameterMessage {
  const { message, layout } = decodeMessage(written);
  if (message === undefined) throw new Error(layout.error?.text ?? 'not decoded');
  return message;
}

describe('the npm package and our own writer and reader', () => {
  it.each(Object.entries(vectors))('make the same of %s', (_name, hex) => {
    const message = Uint8Array.from(Buffer.from(hex, 'hex'));
    const read = readBack(message);
    expect(decodeWithPackage(message, checkStructure(message))).toEqual(read.avps);
    expect(hexText(encodeWithPackage(read))).toBe(hex);
    expect(hexText(writeMessage(read, read.avps))).toBe(hex);
  });

  it('make the same octets of any AVPs, and the same AVPs of those octets', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const written = writeMessage(message, message.avps);
        expect(hexText(written)).toBe(hexText(encodeWithPackage(message)));
        expect(readBack(written)).toEqual(message);
        expect(decodeWithPackage(written, checkStructure(written))).toEqual(message.avps);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a text with a lone surrogate', { ...avp('User-Name', 'a'), value: 'a\ud800' }],
    ['a number for a text', { ...avp('User-Name', 'a'), value: 7 }],
    ['a text for octets', { ...avp('Confidentiality-Key', new Uint8Array()), value: 'key' }],
    ['a number that is too large', avp('SIP-Number-Auth-Items', 2 ** 32)],
    ['a number for a group', { ...avp('SIP-Auth-Data-Item', []), type: 'Unsigned32', value: 7 }],
    ['a group for a number', { ...avp('SIP-Number-Auth-Items', 1), type: 'Grouped', value: [] }],
  ])('refuse %s before an octet is made', (_name, wrong) => {
    const message: DiameterMessage = {
      request: true,
      proxiable: true,
      error: false,
      retransmitted: false,
      commandCode: 303,
      applicationId: APPLICATION_CX,
      hopByHop: 1,
      endToEnd: 1,
      avps: [wrong as Avp],
    };
    expect(() => writeMessage(message, message.avps)).toThrow(TypeError);
    // The package takes anything for an empty group.
    if (wireType(wrong.vendor, wrong.code) !== 'Grouped') expect(() => encodeWithPackage(message)).toThrow(TypeError);
  });

  it.each([
    ['ASCII', 'a'.repeat(70_000)],
    ['as many characters as there is room for octets, one of them of two', `é${'a'.repeat(65_507)}`],
  ])('our writer refuses a text that is too long: %s', (_name, value) => {
    const header = { request: true, proxiable: true, error: false, retransmitted: false, commandCode: 303 };
    const message = {
      ...header,
      applicationId: APPLICATION_CX,
      hopByHop: 1,
      endToEnd: 1,
      avps: [avp('User-Name', value)],
    };
    expect(() => writeMessage(message, message.avps)).toThrow(RangeError);
  });

  it('our writer takes a message of exactly 64 KiB and leaves no octet of an earlier one in the padding', () => {
    const header = { request: true, proxiable: true, error: false, retransmitted: false, commandCode: 303 };
    const common = { ...header, applicationId: APPLICATION_CX, hopByHop: 1, endToEnd: 1 };
    const full = writeMessage(common, [avp('Failed-AVP', new Uint8Array(65_536 - 28).fill(0xff))]);
    expect(full.length).toBe(65_536);
    expect(hexText(writeMessage(common, [avp('User-Name', 'a')]).subarray(20))).toBe('00000001400000096' + '1000000');
  });
});
