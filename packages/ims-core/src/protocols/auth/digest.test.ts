import { createHash } from 'node:crypto';
import { hexToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import vectors from '../../../test/vectors/digest.json' with { type: 'json' };
import milenage from '../../../test/vectors/milenage.json' with { type: 'json' };
import { akaAlgorithmOf, akaPassword, digestResponse, passwordAlgorithmOf, verifyDigest } from './digest.ts';
import { digestHa1 } from './ha1.ts';

const { inputs } = vectors.akav1Md5;
const set1 = milenage.sets[0];
if (set1 === undefined) throw new Error('milenage.json has no sets');
const output = { res: hexToBytes(set1.f2_res), ck: hexToBytes(set1.f3_ck), ik: hexToBytes(set1.f4_ik) };
const qop = { nc: inputs.nc, cnonce: inputs.cnonce };
const { username, realm, method, uri, nonce } = inputs;
const text = (value: string) => new TextEncoder().encode(value);

describe('digestResponse', () => {
  it.each([
    { algorithm: 'MD5', response: '8ca523f5e9506fed4657c9700eebdbec' },
    { algorithm: 'SHA-256', response: '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1' },
  ] as const)('gives the published example of RFC 7616 §3.9.1 for $algorithm', ({ algorithm, response }) => {
    const digest = digestResponse({
      algorithm,
      username: 'Mufasa',
      realm: 'http-auth@example.org',
      password: text('Circle of Life'),
      method: 'GET',
      uri: '/dir/index.html',
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      qop: { nc: '00000001', cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' },
    });
    expect(digest).toBe(response);
  });

  it.each([
    { algorithm: 'AKAv1-MD5', response: vectors.akav1Md5.with_qop_auth.response },
    { algorithm: 'AKAv2-MD5', response: vectors.akav2Md5.response },
    { algorithm: 'AKAv2-SHA-256', response: vectors.akav2Sha256.response },
  ] as const)('gives the worked example of $algorithm', ({ algorithm, response }) => {
    const password = akaPassword(algorithm, output);
    expect(digestResponse({ algorithm, username, realm, password, method, uri, nonce, qop })).toBe(response);
  });

  it('gives the worked example without qop', () => {
    const password = akaPassword('AKAv1-MD5', output);
    expect(digestResponse({ algorithm: 'AKAv1-MD5', username, realm, password, method, uri, nonce })).toBe(
      vectors.akav1Md5.without_qop.response,
    );
  });

  it.each([
    { name: 'RES as text in UTF-8', mistake: vectors.akav1Md5.common_mistakes.res_as_utf8_of_latin1_string },
    { name: 'RES as hex digits', mistake: vectors.akav1Md5.common_mistakes.res_as_hex_text },
  ])('never gives what comes out of $name', ({ mistake }) => {
    const input = { algorithm: 'AKAv1-MD5', username, realm, method, uri, nonce, qop } as const;
    expect(digestResponse({ ...input, password: akaPassword('AKAv1-MD5', output) })).not.toBe(mistake);
    // The vectors are real mistakes: one of the two wrong passwords gives each of them.
    const wrongPasswords = [text(Buffer.from(output.res).toString('latin1')), text(set1.f2_res)];
    expect(wrongPasswords.map((password) => digestResponse({ ...input, password }))).toContain(mistake);
  });

  it('gives rspauth when the method is empty', () => {
    const sip = vectors.sipDigestMd5;
    const input = {
      algorithm: 'MD5',
      username: sip.username,
      realm: sip.realm,
      password: text(sip.password),
      uri: sip.uri,
      nonce: sip.nonce,
      qop: { nc: sip.nc, cnonce: sip.cnonce },
    } as const;
    expect(digestResponse({ ...input, method: sip.method })).toBe(sip.response);
    expect(digestResponse({ ...input, method: '' })).toBe(sip.authentication_info_rspauth);
  });

  it('takes H(A1) in place of the password', () => {
    const sip = vectors.sipDigestMd5;
    const identity = { username: sip.username, realm: sip.realm };
    const ha1 = digestHa1('MD5', { ...identity, password: sip.password });
    expect(ha1).toBe('f62c3d56433bbeae25e523827ffbdfb8');
    const asked = { method: sip.method, uri: sip.uri, nonce: sip.nonce, qop: { nc: sip.nc, cnonce: sip.cnonce } };
    expect(digestResponse({ algorithm: 'MD5', ...identity, ha1, ...asked })).toBe(sip.response);
  });

  it.each([
    { name: '00 first', res: '0011223344556677' },
    { name: '00 in the middle', res: 'a5420000e3ba50bf' },
    { name: '00 last', res: 'a54211d5e3ba5000' },
    { name: 'all 00', res: '0000000000000000' },
  ])('hashes RES with $name as node:crypto does', ({ res }) => {
    const md5 = (data: Buffer) => createHash('md5').update(data).digest('hex');
    const ha1 = md5(Buffer.concat([Buffer.from(`${username}:${realm}:`), Buffer.from(res, 'hex')]));
    const ha2 = md5(Buffer.from(`${method}:${uri}`));
    const expected = md5(Buffer.from(`${ha1}:${nonce}:${qop.nc}:${qop.cnonce}:auth:${ha2}`));
    expect(
      digestResponse({ algorithm: 'AKAv1-MD5', username, realm, password: hexToBytes(res), method, uri, nonce, qop }),
    ).toBe(expected);
  });
});

describe('verifyDigest', () => {
  const credentials = new Map([
    ['username', username],
    ['realm', realm],
    ['nonce', nonce],
    ['uri', uri],
    ['qop', 'auth'],
    ['nc', inputs.nc],
    ['cnonce', inputs.cnonce],
    ['response', vectors.akav1Md5.with_qop_auth.response],
  ]);
  const expected = { algorithm: 'AKAv1-MD5', password: output.res, method } as const;

  it('accepts the right response', () => {
    expect(verifyDigest(credentials, expected)).toBe(true);
  });

  it.each([
    ['another response', 'response', '0ec5c0ea198a8e0f2c235e3df349fe58'],
    ['an empty response', 'response', ''],
    ['a response that is cut short', 'response', vectors.akav1Md5.with_qop_auth.response.slice(0, 31)],
    ['another username', 'username', 'mallory'],
    ['another uri', 'uri', 'sip:elsewhere.example'],
    ['another nonce', 'nonce', 'AAAA'],
    ['another nonce count', 'nc', '00000002'],
    ['a nonce count that is not 8 hex digits', 'nc', '1'],
    ['qop auth-int', 'qop', 'auth-int'],
  ])('refuses %s', (_what, name, value) => {
    expect(verifyDigest(new Map([...credentials, [name, value]]), expected)).toBe(false);
  });

  it.each(['username', 'realm', 'nonce', 'uri', 'response', 'nc', 'cnonce', 'qop'])(
    'refuses credentials without %s',
    (name) => {
      expect(verifyDigest(new Map([...credentials].filter(([key]) => key !== name)), expected)).toBe(false);
    },
  );

  it('refuses the right response to another password or method', () => {
    expect(verifyDigest(credentials, { ...expected, password: output.res.slice(1) })).toBe(false);
    expect(verifyDigest(credentials, { ...expected, method: 'INVITE' })).toBe(false);
    expect(verifyDigest(credentials, { ...expected, algorithm: 'AKAv2-SHA-256' })).toBe(false);
  });
});

describe('passwordAlgorithmOf', () => {
  it.each([
    ['md5', 'MD5'],
    ['sha-256', 'SHA-256'],
    ['SHA-256-sess', undefined],
    ['AKAv1-MD5', undefined],
    [undefined, undefined],
  ])('reads %s as %s', (name, algorithm) => {
    expect(passwordAlgorithmOf(name)).toBe(algorithm);
  });
});

describe('akaAlgorithmOf', () => {
  it.each([
    ['akav1-md5', 'AKAv1-MD5'],
    ['AKAV2-MD5', 'AKAv2-MD5'],
    ['AKAv2-sha-256', 'AKAv2-SHA-256'],
    ['MD5', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %s as %s', (name, algorithm) => {
    expect(akaAlgorithmOf(name)).toBe(algorithm);
  });
});
