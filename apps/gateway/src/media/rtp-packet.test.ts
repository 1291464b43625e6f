import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRtp, type RtpPacket, writeRtp } from './rtp-packet.ts';

const packet = (fields: Partial<RtpPacket> = {}): RtpPacket => ({
  marker: false,
  payloadType: 0,
  sequence: 7,
  timestamp: 160,
  ssrc: 3003,
  payload: new Uint8Array([1, 2, 3]),
  ...fields,
});

/** A packet with these octets in place of the first one and after the fixed header. */
function withHeader(first: number, ...rest: readonly number[]): Uint8Array {
  const octets = writeRtp(packet({ payload: new Uint8Array(rest) }));
  octets[0] = first;
  return octets;
}

describe('an RTP packet', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(
        fc.record({
          marker: fc.boolean(),
          payloadType: fc.integer({ min: 0, max: 127 }),
          sequence: fc.integer({ min: 0, max: 0xffff }),
          timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
          ssrc: fc.integer({ min: 0, max: 0xffff_ffff }),
          payload: fc.uint8Array({ maxLength: 200 }),
        }),
        (fields) => {
          expect(parseRtp(writeRtp(fields))).toEqual(fields);
        },
      ),
    );
  });

  it.each<[string, Uint8Array, readonly number[]]>([
    ['contributing sources', withHeader(0x81, 0, 0, 0, 9, 42), [42]],
    ['a header extension', withHeader(0x90, 0xbe, 0xde, 0, 1, 9, 9, 9, 9, 42), [42]],
    ['padding', withHeader(0xa0, 42, 0, 2), [42]],
  ])('loses %s', (_what, octets, payload) => {
    expect([...(parseRtp(octets)?.payload ?? [])]).toEqual(payload);
  });

  it.each<[string, Uint8Array]>([
    ['is too short', new Uint8Array(11)],
    ['has another version', withHeader(0x40, 1)],
    ['ends in its list of contributing sources', withHeader(0x83, 0, 0, 0, 9)],
    ['ends before its extension', withHeader(0x90, 0xbe)],
    ['ends in its extension', withHeader(0x90, 0xbe, 0xde, 0, 9, 1)],
    ['has more padding than payload', withHeader(0xa0, 1, 9)],
    ['has padding of no octet', withHeader(0xa0, 1, 0)],
  ])('is none when it %s', (_what, octets) => {
    expect(parseRtp(octets)).toBeUndefined();
  });

  it('is never an exception, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
        parseRtp(octets);
      }),
    );
  });
});
