import { describe, expect, it } from 'vitest';
import './codec.ts';
import { refuseSecondCopy } from './dictionary.ts';

describe('the copy of the package diameter', () => {
  it('may be one', () => {
    expect(() => refuseSecondCopy()).not.toThrow();
  });

  it.each<[string, string]>([
    ['on Unix', '/a/node_modules/diameter/lib/diameter-codec.js'],
    ['on Windows', 'C:\\a\\node_modules\\diameter\\lib\\diameter-codec.js'],
  ])('may not be two %s', (_where, file) => {
    expect(() => refuseSecondCopy([file, `${file.slice(0, 3)}b${file.slice(3)}`])).toThrow(/loaded 2 times/);
  });
});
