import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { octetHash } from './octet-hash.ts';

describe('octetHash', () => {
  it('is a whole number that a double holds, the same for the same octets', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.maxSafeNat(), (octets, seed) => {
        const hash = octetHash(octets, seed);
        expect(Number.isSafeInteger(hash) && hash >= 0).toBe(true);
        expect(octetHash(Uint8Array.from(octets), seed)).toBe(hash);
      }),
    );
  });

  it('tells apart what differs in one bit, in its length or in its seed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (octets, place) => {
        const changed = Uint8Array.from(octets);
        const bit = place % (8 * octets.length);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        const longer = Uint8Array.of(...octets, 0);
        const hashes = [
          octetHash(octets),
          octetHash(changed),
          octetHash(longer),
          octetHash(octets, 1),
          octetHash(octets, 2 ** 40),
        ];
        expect(new Set(hashes).size).toBe(hashes.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives different numbers, also in their lowest bits, to many messages that differ in a counter', () => {
    const encoder = new TextEncoder();
    const hashes = Array.from({ length: 100_000 }, (_, at) =>
      octetHash(encoder.encode(`CSeq: ${at} REGISTER\r\n\r\n`)),
    );
    expect(new Set(hashes).size).toBe(hashes.length);
    // 100 000 in 65 536 buckets: about 78 % of them are used when they are spread evenly.
    expect(new Set(hashes.map((hash) => hash & 0xffff)).size).toBeGreaterThan(50_000);
  });
});
