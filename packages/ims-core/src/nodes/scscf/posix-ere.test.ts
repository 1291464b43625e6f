import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PATTERN_CHARACTERS, posixEre } from './posix-ere.ts';

const matches = (pattern: string, text: string): boolean => {
  const compiled = posixEre(pattern);
  return compiled.ok ? compiled.value.test(text) : expect.fail(compiled.error.text);
};

describe('a POSIX extended regular expression', () => {
  it.each([
    ['matches anywhere', 'b+', 'abba', true],
    ['is bound by its anchors', '^b', 'abba', false],
    ['takes any character for a dot', 'a.c', 'a\nc', true],
    ['counts', '^[0-9]{3,5}$', '12345', true],
    ['counts up to its limit', '^[0-9]{3,5}$', '123456', false],
    ['takes an escaped special for itself', 'a\\.c', 'abc', false],
    ['takes an escaped slash for itself', 'a\\/c', 'a/c', true],
    ['knows classes', '^[[:alpha:]_]+$', 'ab_c', true],
    ['knows negated classes', '^[^[:digit:]]+$', 'abc1', false],
    ['takes a first bracket for itself', '^[]x]+$', 'x]', true],
    ['takes a first bracket for itself when negated', '^[^]x]+$', 'a]', false],
    ['takes a backslash in brackets for itself', '[\\.]', '\\', true],
    ['does not escape in brackets', '^[\\d]$', '5', false],
    ['takes a last minus for itself', '^[a-]$', '-', true],
    ['takes a first minus for itself', '^[-a]$', '-', true],
    ['reads ranges', '^[a-c]$', 'b', true],
    ['takes a bracket in brackets for itself', '^[[x]$', '[', true],
    ['reads collating symbols', '^[[.-.]a]$', '-', true],
    ['reads equivalence classes', '^[[=a=]]$', 'a', true],
    ['matches all when it is empty', '', 'x', true],
    ['reads letters beyond ASCII', 'é', 'café', true],
  ])('%s', (_, pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it.each([
    ['an open group', '(a'],
    ['an open bracket', '[a'],
    ['nothing to repeat', '*'],
    ['repetition of a repetition', 'a**'],
    ['a back-reference', '(a)\\1'],
    ["Perl's classes", '\\d'],
    ["Perl's groups", '(?:a)'],
    ['an unknown class', '[[:foo:]]'],
    ['a trailing backslash', 'a\\'],
    ['a range upside down', '[z-a]'],
    ['a pattern that is too long', 'a'.repeat(MAX_PATTERN_CHARACTERS + 1)],
    ['repetitions that multiply', '((a{1,100}){1,100}){1,100}'],
    ['repetitions that multiply less', '([a-z]{0,31}){0,31}!'],
    ['a larger count than POSIX has', 'a{0,256}'],
    ['large counts one after the other', '.{200}'.repeat(40)],
    ['groups within groups', `${'('.repeat(500)}a*${')'.repeat(500)}`],
  ])('is unusable with %s', (_, pattern) => {
    expect(posixEre(pattern)).toMatchObject({ ok: false, error: { code: 'IFC_PATTERN_UNUSABLE' } });
  });

  it('can have to match the whole text, each alternative of it', () => {
    const whole = posixEre('from|to', { whole: true, ignoreCase: true });
    expect(whole.ok && ['From', 'TO', 'to-day', 'a from'].map((text) => whole.value.test(text))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('takes a pattern without special characters as it stands', () => {
    const patterns = ['P-Asserted-Service', 'audio', 'urn:urn-7:3gpp', ''];
    const texts = ['P-Asserted-Service', 'p-asserted-service', 'x audio y', 'AUDIO', 'urn:urn-7:3gpp-service', ''];
    for (const pattern of patterns) {
      for (const whole of [false, true]) {
        for (const ignoreCase of [false, true]) {
          const plain = posixEre(pattern, { whole, ignoreCase });
          // The same in a group goes the long way.
          const grouped = posixEre(`(${pattern})`, { whole, ignoreCase });
          const told = (ere: typeof plain) => texts.map((text) => (ere.ok ? ere.value.test(text) : ere.error.text));
          expect(told(plain), pattern).toEqual(told(grouped));
        }
      }
    }
  });

  it('agrees with JavaScript where both read the same', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', 'c');
    const part = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{1,2}')).map(([one, times]) => `${one}${times}`);
    const branch = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
    const pattern = fc
      .tuple(fc.constantFrom('', '^'), fc.array(branch, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '$'))
      .map(([begin, branches, end]) => `${begin}(${branches.join('|')})${end}`);
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 8 }).map((letters) => letters.join(''));
    fc.assert(
      fc.property(pattern, text, (ere, value) => {
        expect(matches(ere, value)).toBe(new RegExp(ere).test(value));
      }),
      { numRuns: 500 },
    );
  });

  it('never throws, whatever the pattern', () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      '^',
      '-',
      '(',
      ')',
      '{',
      '}',
      '\\',
      '*',
      '|',
      '[:alpha:]',
      '[.',
      '.]',
      'a',
      '1',
      ',',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const compiled = posixEre(pieces.join(''));
        if (compiled.ok) compiled.value.test('a-1]');
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    '(a+)+$',
    '(a|a)*b',
    '(a|aa)+$',
    '(.*)*x',
    '([a-z]+)*[0-9]',
    '(a{0,9}){0,9}b',
    '(.*)(.*)(.*)(.*)(.*)x$',
    '[a-z]{0,140}[!?][b-y]',
  ])('finishes on %s and the longest header', (pattern) => {
    const before = performance.now();
    expect(matches(pattern, `${'a'.repeat(8_192)}!`)).toBe(false);
    // A backtracking matcher would need years.
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});
