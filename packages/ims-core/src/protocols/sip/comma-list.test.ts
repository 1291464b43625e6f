import { describe, expect, it } from 'vitest';
import { splitCommaList } from './comma-list.ts';

describe('splitCommaList', () => {
  it.each([
    ['a', ['a']],
    [' a , b ', ['a', 'b']],
    ['"x, y" <sip:a,b@c>;p="1,2", <sip:d>', ['"x, y" <sip:a,b@c>;p="1,2"', '<sip:d>']],
    ['"a \\", b", c', ['"a \\", b"', 'c']],
    ['<sip:a?x="> , b', ['<sip:a?x=">', 'b']],
    ['a,,b,', ['a', '', 'b', '']],
    ['"open, a', ['"open, a']],
    ['', ['']],
  ])('splits %j', (text, values) => {
    expect(splitCommaList(text)).toEqual(values);
  });
});
