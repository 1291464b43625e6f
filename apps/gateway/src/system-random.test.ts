import { describe, expect, it } from 'vitest';
import { systemRandom } from './system-random.ts';

describe('random octets', () => {
  it.each([0, 1, 16, 4_095, 4_096, 4_097, 70_000])('come as many as are asked for: %i', (length) => {
    expect(systemRandom.bytes(length)).toHaveLength(length);
  });

  it('are given once, over the ends of what is fetched at once', () => {
    const given = Array.from({ length: 2_000 }, () => Buffer.from(systemRandom.bytes(15)).toString('hex'));
    expect(new Set(given).size).toBe(given.length);
  });

  it('belong to the one who asked', () => {
    const first = systemRandom.bytes(16);
    const copy = new Uint8Array(first);
    systemRandom.bytes(5_000);
    for (let i = 0; i < 1_000; i += 1) systemRandom.bytes(16).fill(0);
    expect(first).toEqual(copy);
    expect(new Set(first).size).toBeGreaterThan(1);
  });
});
