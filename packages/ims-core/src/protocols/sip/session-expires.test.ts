import { describe, expect, it } from 'vitest';
import { request } from './build.ts';
import { minSe, serializeSessionExpires, sessionExpires } from './session-expires.ts';

const having = (name: string, value: string) => request('INVITE', 'sip:bob@ims.example', [[name, value]]);

describe('Session-Expires', () => {
  it.each([
    ['a plain interval', '1800', { intervalS: 1800, refresher: undefined }],
    ['a refresher', '90;refresher=uac', { intervalS: 90, refresher: 'uac' }],
    ['spaces and capitals', ' 90 ; Refresher = UAS ', { intervalS: 90, refresher: 'uas' }],
    ['a refresher that nobody knows', '90;refresher=proxy', { intervalS: 90, refresher: undefined }],
    ['parameters that cannot be read', '90;;', { intervalS: 90, refresher: undefined }],
  ])('is read with %s', (_name, value, read) => {
    expect(sessionExpires(having('x', value))).toEqual(read);
  });

  it.each(['', 'soon', '-5', '1.5', '99999999999'])('counts as absent when it is "%s"', (value) => {
    expect(sessionExpires(having('Session-Expires', value))).toBeUndefined();
  });

  it('is written as it is read', () => {
    for (const value of ['1800', '90;refresher=uas']) {
      const read = sessionExpires(having('Session-Expires', value));
      expect(read && serializeSessionExpires(read)).toBe(value);
    }
  });
});

describe('Min-SE', () => {
  it.each([
    ['90', 90],
    ['120;generic=1', 120],
    ['x', undefined],
  ])('%s is %s', (value, seconds) => {
    expect(minSe(having('Min-SE', value))).toBe(seconds);
  });
});
