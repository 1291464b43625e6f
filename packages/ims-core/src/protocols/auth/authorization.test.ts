import { createHash, createHmac } from 'node:crypto';
import { hexToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import digestVectors from '../../../test/vectors/digest.json' with { type: 'json' };
import milenageVectors from '../../../test/vectors/milenage.json' with { type: 'json' };
import { type AuthParam, authorizationForChallenge } from './authorization.ts';
import { createCard } from './card.ts';
import { type AkaAlgorithm, akaAlgorithms, akaPassword, verifyDigest } from './digest.ts';
import { encodeNonce } from './nonce.ts';
import { emptySeqArray, indOf, seqOf, sqnFromOctets, sqnOf } from './sqn.ts';
import { makeVector } from './vector.ts';

const { inputs } = digestVectors.akav1Md5;
const { resync } = milenageVectors;
const [set1] = milenageVectors.sets;
if (set1 === undefined) throw new Error('milenage.json has no sets');
const key = { k: hexToBytes(set1.k), opc: hexToBytes(set1.opc) };
const request = { method: 'REGISTER', uri: inputs.uri, cnonce: inputs.cnonce, username: inputs.username };

function cardAt(sqnMs: bigint, contents = key) {
  const cells = emptySeqArray().with(indOf(sqnMs), seqOf(sqnMs));
  return createCard({ imsi: '', impi: inputs.username, impus: [], domain: inputs.realm, ...contents, sqnMs: cells });
}
const justBefore = sqnOf(seqOf(sqnFromOctets(hexToBytes(set1.sqn))) - 1, 0);

function challenge(changes: Record<string, string | undefined> = {}): ReadonlyMap<string, string> {
  const params = { realm: inputs.realm, nonce: inputs.nonce, algorithm: 'AKAv1-MD5', qop: 'auth', ...changes };
  return new Map(Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function answer(...args: Parameters<typeof authorizationForChallenge>) {
  const result = authorizationForChallenge(...args);
  if (result.kind === 'unusable') throw new Error(result.code);
  return { kind: result.kind, params: result.params, values: valuesOf(result.params) };
}
const valuesOf = (params: readonly AuthParam[]) => new Map(params.map(([name, value]) => [name, value]));

describe('the answer to a challenge', () => {
  it('has the parameters of the worked example, quoted where the grammar says so', () => {
    expect(answer(cardAt(justBefore), challenge(), request)).toMatchObject({
      kind: 'ok',
      params: [
        ['username', inputs.username, true],
        ['realm', inputs.realm, true],
        ['uri', inputs.uri, true],
        ['nonce', inputs.nonce, true],
        ['algorithm', 'AKAv1-MD5', false],
        ['response', digestVectors.akav1Md5.with_qop_auth.response, true],
        ['qop', 'auth', false],
        ['nc', '00000001', false],
        ['cnonce', inputs.cnonce, true],
      ],
    });
  });

  it.each([
    ['AKAv2-MD5', digestVectors.akav2Md5.response],
    ['akav2-sha-256', digestVectors.akav2Sha256.response],
  ])('to %s has the response of the worked example', (algorithm, response) => {
    expect(answer(cardAt(justBefore), challenge({ algorithm }), request).values.get('response')).toBe(response);
  });

  it('without qop has neither nc nor cnonce', () => {
    const { values } = answer(cardAt(justBefore), challenge({ qop: undefined }), request);
    expect([...values.keys()]).toEqual(['username', 'realm', 'uri', 'nonce', 'algorithm', 'response']);
    expect(values.get('response')).toBe(digestVectors.akav1Md5.without_qop.response);
  });

  it('takes auth from a list of qop values, and gives opaque back', () => {
    const { values } = answer(cardAt(justBefore), challenge({ qop: 'auth-int, AUTH', opaque: 'abc' }), request);
    expect(values.get('qop')).toBe('auth');
    expect(values.get('opaque')).toBe('abc');
  });

  it('out of sequence has AUTS and a response over the empty password', () => {
    const { kind, values } = answer(cardAt(sqnFromOctets(hexToBytes(resync.sqn_ms))), challenge(), request);
    expect(kind).toBe('sync-failure');
    expect(values.get('auts')).toBe(resync.auts_base64);
    expect(values.get('response')).toBe(resync.authorization_response_with_empty_password_qop_auth);
    const empty = { algorithm: 'AKAv1-MD5', password: new Uint8Array(), method: 'REGISTER' } as const;
    expect(verifyDigest(values, empty)).toBe(true);
  });

  it('of an unknown network has an empty response and no AUTS', () => {
    const stranger = cardAt(justBefore, { ...key, k: new Uint8Array(16) });
    const { kind, values } = answer(stranger, challenge({ opaque: 'abc' }), request);
    expect(kind).toBe('mac-failure');
    expect([...values.keys()]).toEqual(['username', 'realm', 'uri', 'nonce', 'algorithm', 'response']);
    expect(values.get('response')).toBe('');
  });

  it('after a resynchronisation is the documented one', () => {
    const { after } = resync;
    const { values } = answer(cardAt(sqnFromOctets(hexToBytes(resync.sqn_ms))), challenge({ nonce: after.nonce }), {
      ...request,
      cnonce: after.cnonce,
    });
    expect(values.get('response')).toBe(after.response_qop_auth);
  });

  it.each([
    ['no realm', { realm: undefined }, 'AKA_CHALLENGE_INCOMPLETE'],
    ['no nonce', { nonce: undefined }, 'AKA_CHALLENGE_INCOMPLETE'],
    ['no algorithm', { algorithm: undefined }, 'AKA_ALGORITHM_UNKNOWN'],
    ['MD5', { algorithm: 'MD5' }, 'AKA_ALGORITHM_UNKNOWN'],
    ['only auth-int', { qop: 'auth-int' }, 'AKA_QOP_UNKNOWN'],
    ['a nonce of 31 octets', { nonce: `${'A'.repeat(41)}A==`.slice(0, 44) }, 'AKA_NONCE_SHORT'],
    ['a nonce that is not base64', { nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093-' }, 'AKA_NONCE_BASE64'],
  ])('with %s is not made, and the card is not asked', (_what, changes, code) => {
    const card = cardAt(justBefore);
    const before = card.sqnState();
    expect(authorizationForChallenge(card, challenge(changes), request)).toEqual({ kind: 'unusable', code });
    expect(card.sqnState()).toEqual(before);
  });
});

describe('keys and responses with 00', () => {
  /** What another implementation of digest makes of RES, CK and IK: node's own. */
  function independentResponse(algorithm: AkaAlgorithm, nonce: string, res: Buffer, ck: Buffer, ik: Buffer): string {
    const name = algorithm === 'AKAv2-SHA-256' ? 'sha256' : 'md5';
    const hash = (data: Buffer | string) => createHash(name).update(data).digest('hex');
    const hmac = createHmac(name, Buffer.concat([res, ik, ck])).update('http-digest-akav2-password');
    const password = algorithm === 'AKAv1-MD5' ? res : Buffer.from(hmac.digest('base64'));
    const ha1 = hash(Buffer.concat([Buffer.from(`${inputs.username}:${inputs.realm}:`), password]));
    return hash(`${ha1}:${nonce}:00000001:${inputs.cnonce}:auth:${hash(`REGISTER:${inputs.uri}`)}`);
  }

  /** The first RAND, counted from 0, whose RES has 00 at this place. */
  function randWithZeroInRes(milenageKey: typeof key, place: number): Uint8Array {
    for (let count = 0; ; count += 1) {
      const rand = new Uint8Array(16);
      new DataView(rand.buffer).setUint32(0, count);
      if (makeVector(milenageKey, { amf: new Uint8Array(2), sqn: 32n, rand }).xres[place] === 0) return rand;
    }
  }

  const keyWithZeros = { k: hexToBytes('00ff00112233445566778899aabbcc00'), opc: hexToBytes(`00${set1.opc.slice(2)}`) };

  it.each([0, 3, 7].flatMap((place) => akaAlgorithms.map((algorithm) => ({ place, algorithm }))))(
    'give the response of $algorithm that node:crypto gives, 00 at octet $place of RES',
    ({ place, algorithm }) => {
      const rand = randWithZeroInRes(keyWithZeros, place);
      const vector = makeVector(keyWithZeros, { amf: hexToBytes('8000'), sqn: sqnOf(1, 0), rand });
      const nonce = encodeNonce(vector.rand, vector.autn);
      const { values } = answer(cardAt(0n, keyWithZeros), challenge({ algorithm, nonce }), request);
      const [res, ck, ik] = [Buffer.from(vector.xres), Buffer.from(vector.ck), Buffer.from(vector.ik)];
      expect(values.get('response')).toBe(independentResponse(algorithm, nonce, res, ck, ik));
      const password = akaPassword(algorithm, { res: vector.xres, ck: vector.ck, ik: vector.ik });
      expect(verifyDigest(values, { algorithm, password, method: 'REGISTER' })).toBe(true);
    },
  );
});
