import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import vectors from '../../../test/vectors/digest.json' with { type: 'json' };
import { digestHa1 } from './ha1.ts';

describe('H(A1)', () => {
  it('is that of the worked example', () => {
    const { username, realm, password, ha1 } = vectors.sipDigestMd5;
    expect(digestHa1('MD5', { username, realm, password })).toBe(ha1);
  });

  it.each(['MD5', 'SHA-256'] as const)(
    'of %s takes the UTF-8 of what is no ASCII, as node:crypto does',
    (algorithm) => {
      const user = { username: 'zoë', realm: 'example.org', password: 'pässwörd 😀' };
      const expected = createHash(algorithm.replace('-', ''))
        .update('zoë:example.org:pässwörd 😀', 'utf8')
        .digest('hex');
      expect(digestHa1(algorithm, user)).toBe(expected);
    },
  );
});
