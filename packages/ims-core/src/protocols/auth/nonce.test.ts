import { hexToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../../test/vectors/milenage.json' with { type: 'json' };
import { decodeBase64, encodeBase64 } from './base64.ts';
import { decodeNonce, encodeNonce } from './nonce.ts';

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('base64', () => {
  it('is the text that Buffer writes, and comes back as the same octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (value) => {
        expect(encodeBase64(value)).toBe(Buffer.from(value).toString('base64'));
        expect(decodeBase64(encodeBase64(value))).toEqual(value);
      }),
    );
  });

  it.each([
    'A',
    'AA',
    'AAA',
    'AAAAA',
    'AA=A',
    '=AAA',
    'A===',
    '====',
    'AA A',
    'AA-_',
    'AB==',
    'AAB=',
    'AAAA\n',
    'ÀAAA',
  ])('does not read %j', (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });

  it('reads any text without an exception', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const decoded = decodeBase64(text);
        if (decoded !== undefined) expect(encodeBase64(decoded)).toBe(text);
      }),
    );
  });
});

describe('the nonce', () => {
  it('is base64 of RAND and AUTN: 44 characters', () => {
    const { labVector } = vectors;
    expect(encodeNonce(hexToBytes(labVector.rand), hexToBytes(labVector.autn))).toBe(labVector.nonce);
  });

  it('gives RAND, AUTN and server data back', () => {
    fc.assert(
      fc.property(octets(16), octets(16), fc.uint8Array({ maxLength: 20 }), (rand, autn, serverData) => {
        const nonce = encodeBase64(Uint8Array.from([...rand, ...autn, ...serverData]));
        expect(decodeNonce(nonce)).toEqual({ ok: true, rand, autn, serverData });
      }),
    );
  });

  it.each([
    ['', 'AKA_NONCE_SHORT'],
    [encodeBase64(new Uint8Array(31)), 'AKA_NONCE_SHORT'],
    ['dcd98b7102dd2f0e8b11d0f600bfb0c093!', 'AKA_NONCE_BASE64'],
  ])('%j is reported as %s', (nonce, code) => {
    expect(decodeNonce(nonce)).toEqual({ ok: false, code });
  });
});
