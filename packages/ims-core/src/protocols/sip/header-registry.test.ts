import { describe, expect, it } from 'vitest';
import { canonicalName, headerKey, headerRule, headerRules } from './header-registry.ts';

describe('the header registry', () => {
  it('has each name and each compact form once, in alphabetical order', () => {
    const names = headerRules.map(({ name }) => name.toLowerCase());
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual([...names].sort());
    const compact = headerRules.flatMap((rule) => rule.compact ?? []);
    expect([...compact].sort().join('')).toBe('abcdefijklmnorstuvxy');
  });

  it.each([
    ['v', 'via', 'Via'],
    ['V', 'via', 'Via'],
    ['VIA', 'via', 'Via'],
    ['call-id', 'call-id', 'Call-ID'],
    ['www-AUTHENTICATE', 'www-authenticate', 'WWW-Authenticate'],
    ['X-Mine', 'x-mine', 'X-Mine'],
    ['L', 'content-length', 'Content-Length'],
    ['z', 'z', 'z'],
  ])('knows %s as %s, written %s', (name, key, canonical) => {
    expect(headerKey(name)).toBe(key);
    expect(canonicalName(name)).toBe(canonical);
  });

  it.each([
    'Authorization',
    'Proxy-Authorization',
    'WWW-Authenticate',
    'Proxy-Authenticate',
    'Date',
    'Subject',
    'Organization',
    'User-Agent',
    'Server',
    'Call-ID',
    'From',
    'To',
    'CSeq',
  ])('never splits %s at commas', (name) => {
    expect(headerRule(name)?.list).toBe(false);
  });
});
