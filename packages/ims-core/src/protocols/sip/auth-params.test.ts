import { describe, expect, it } from 'vitest';
import { parseAuth, serializeAuth } from './auth-params.ts';

describe('parseAuth', () => {
  it('reads scheme and parameters, quotes and escapes resolved', () => {
    const parsed = parseAuth(
      'Digest Realm = "a \\"b\\", c" ,nonce="q=",qop="auth,auth-int", algorithm=AKAv1-MD5,stale=TRUE',
    );
    expect(parsed.ok && parsed.value.scheme).toBe('Digest');
    expect(parsed.ok && Object.fromEntries(parsed.value.params)).toEqual({
      realm: 'a "b", c',
      nonce: 'q=',
      qop: 'auth,auth-int',
      algorithm: 'AKAv1-MD5',
      stale: 'TRUE',
    });
  });

  it.each([
    ['', 0],
    ['Digest realm', 7],
    ['Digest realm="open', 13],
    ['Digest realm="a" nonce="b"', 17],
    ['Digest realm="a", realm="b"', 18],
    ['Digest ="a"', 7],
  ])('refuses %j at octet %i', (text, offset) => {
    expect(parseAuth(text)).toMatchObject({ ok: false, error: { code: 'SIP_PARSE_AUTH', offset } });
  });
});

describe('serializeAuth', () => {
  it('quotes what it is told to', () => {
    const text = serializeAuth('Digest', [
      ['realm', 'a"b', true],
      ['nc', '00000001', false],
    ]);
    expect(text).toBe('Digest realm="a\\"b", nc=00000001');
    const parsed = parseAuth(text);
    expect(parsed.ok && parsed.value.params.get('realm')).toBe('a"b');
  });
});
