import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOctets } from './text-octets.ts';

describe('textOctets', () => {
  it('gives UTF-8 and the tail, and never writes over what it gave before', () => {
    const given: { octets: Uint8Array; expected: Uint8Array }[] = [];
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 9_000, size: 'max' }),
        fc.uint8Array({ maxLength: 3_000, size: 'max' }),
        (text, tail) => {
          const expected = Uint8Array.of(...new TextEncoder().encode(text), ...tail);
          given.push({ octets: textOctets(text, tail), expected });
        },
      ),
      { numRuns: 60 },
    );
    for (const { octets, expected } of given) expect(octets).toEqual(expected);
  });

  it.each([
    ['shorter than a block', 10],
    ['as long as a block', 16_384],
    ['longer than a block', 40_000],
  ])('takes a text %s, of one, two and three octets a character', (_name, length) => {
    for (const character of ['a', 'ä', '€']) {
      const text = character.repeat(length);
      expect(new TextDecoder().decode(textOctets(text))).toBe(text);
    }
  });
});
