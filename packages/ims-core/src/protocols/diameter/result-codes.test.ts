import { describe, expect, it } from 'vitest';
import { isProtocolError, ResultCode, resultRule, resultRules } from './result-codes.ts';

describe('the result table', () => {
  it('has one row for each pair of vendor and number', () => {
    expect(new Set(resultRules.map(({ vendor, code }) => `${vendor}:${code}`)).size).toBe(resultRules.length);
  });

  it.each<[number, number, string]>([
    [0, 5003, 'DIAMETER_AUTHORIZATION_REJECTED'],
    [10415, 5003, 'DIAMETER_ERROR_IDENTITY_NOT_REGISTERED'],
    [0, 2001, 'DIAMETER_SUCCESS'],
    [10415, 2001, 'DIAMETER_FIRST_REGISTRATION'],
    [0, 5012, 'DIAMETER_UNABLE_TO_COMPLY'],
    [10415, 5012, 'DIAMETER_ERROR_SERVING_NODE_FEATURE_UNSUPPORTED'],
  ])('keeps the overlapping numbers apart: vendor %i, %i is %s', (vendor, code, name) => {
    expect(resultRule(vendor, code)?.name).toBe(name);
  });

  it('has a row for every code that the lab sends', () => {
    for (const code of Object.values(ResultCode)) expect(resultRule(0, code)).toBeDefined();
  });

  it('gives the E bit to 3xxx alone', () => {
    expect([2001, 2999, 3001, 3999, 4001, 5012].filter(isProtocolError)).toEqual([3001, 3999]);
  });
});
