import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OctetRing, offsetIn, SLAB_OCTETS } from './octet-ring.ts';

describe('OctetRing', () => {
  it('gives places in one piece, in order, and keeps what is not yet its capacity behind the end', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: SLAB_OCTETS }), { maxLength: 30 }), (lengths) => {
        const ring = new OctetRing(3 * SLAB_OCTETS);
        const written: { start: number; length: number; mark: number }[] = [];
        lengths.forEach((length, mark) => {
          const start = ring.place(length);
          expect(start).toBeGreaterThanOrEqual(written.reduce((end, one) => Math.max(end, one.start + one.length), 0));
          expect(offsetIn(start) + length).toBeLessThanOrEqual(SLAB_OCTETS);
          ring.slabAt(start).fill(mark, offsetIn(start), offsetIn(start) + length);
          ring.take(start + length);
          written.push({ start, length, mark });
        });
        for (const { start, length, mark } of written) {
          if (start < ring.end - ring.capacity) continue;
          const slab = ring.slabAt(start);
          expect([slab[offsetIn(start)], slab[offsetIn(start) + length - 1]]).toEqual([mark, mark]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('rounds its limit up to whole slabs, two at least, and goes on beyond 32 bits of octets', () => {
    expect(new OctetRing(1).capacity).toBe(2 * SLAB_OCTETS);
    const ring = new OctetRing(2 * SLAB_OCTETS + 1);
    expect(ring.capacity).toBe(3 * SLAB_OCTETS);
    const far = 5_000 * SLAB_OCTETS + 7;
    ring.take(far);
    expect(ring.place(10)).toBe(far);
    expect(offsetIn(far)).toBe(7);
    expect(ring.slabAt(far)).toBe(ring.slabAt(far + 3 * SLAB_OCTETS));
  });
});
