import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../../test/vectors/milenage.json' with { type: 'json' };
import { type CardContents, createCard } from './card.ts';
import { emptySeqArray, indOf, type SeqArray, seqOf, sqnFromOctets, sqnOf } from './sqn.ts';
import { makeAuts, makeVector, verifyAuts } from './vector.ts';

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const amf = hexToBytes('8000');
const [set1] = vectors.sets;
if (set1 === undefined) throw new Error('milenage.json has no sets');
const key = { k: hexToBytes(set1.k), opc: hexToBytes(set1.opc) };

function cardWith(contents: Partial<CardContents> = {}) {
  return createCard({ imsi: '001010000000001', impi: 'i@d', impus: ['sip:i@d'], domain: 'd', ...key, ...contents });
}

/** The array of a card whose highest SQN is this one. */
function arrayWith(sqn: bigint): SeqArray {
  return emptySeqArray().with(indOf(sqn), seqOf(sqn));
}

describe('authenticate', () => {
  it.each(vectors.sets)('accepts the challenge of test set $set', (set) => {
    const sqn = sqnFromOctets(hexToBytes(set.sqn));
    const before = sqnOf(seqOf(sqn) - 1, 0);
    const card = cardWith({ k: hexToBytes(set.k), opc: hexToBytes(set.opc), sqnMs: arrayWith(before) });
    const result = card.authenticate(hexToBytes(set.rand), hexToBytes(set.autn));
    if (result.kind !== 'ok') throw new Error(result.kind);
    expect([result.res, result.ck, result.ik].map(bytesToHex)).toEqual([set.f2_res, set.f3_ck, set.f4_ik]);
    expect(card.sqnState()[indOf(sqn)]).toBe(seqOf(sqn));
  });

  it('asks for resynchronisation with the documented AUTS', () => {
    const { resync } = vectors;
    const card = cardWith({ sqnMs: arrayWith(sqnFromOctets(hexToBytes(resync.sqn_ms))) });
    const result = card.authenticate(hexToBytes(set1.rand), hexToBytes(set1.autn));
    // SEQ 607 is under the same IND, and lower: IND 7 of both.
    expect(result).toEqual({ kind: 'sync-failure', auts: hexToBytes(resync.auts_hex) });
  });

  it('takes no challenge twice, also not after its array was stored and read back', () => {
    const { rand, autn } = makeVector(key, { amf, sqn: sqnOf(1, 0), rand: hexToBytes(set1.rand) });
    const card = cardWith();
    expect(card.authenticate(rand, autn).kind).toBe('ok');
    expect(card.authenticate(rand, autn).kind).toBe('sync-failure');
    const stored: SeqArray = JSON.parse(JSON.stringify(card.sqnState()));
    expect(cardWith({ sqnMs: stored }).authenticate(rand, autn).kind).toBe('sync-failure');
  });

  it('sends an AUTS from which the HSS reads the SQN of the card', () => {
    fc.assert(
      fc.property(
        octets(16),
        octets(16),
        octets(16),
        fc.bigInt({ min: 32n, max: 2n ** 48n - 1n }),
        (k, opc, rand, sqnMs) => {
          const card = cardWith({ k, opc, sqnMs: arrayWith(sqnMs) });
          // The card has seen this very number.
          const vector = makeVector({ k, opc }, { amf, sqn: sqnMs, rand });
          const result = card.authenticate(vector.rand, vector.autn);
          if (result.kind !== 'sync-failure') throw new Error(result.kind);
          expect(result.auts).toHaveLength(14);
          expect(verifyAuts({ k, opc }, rand, result.auts)).toEqual({ ok: true, sqnMs });
          expect(card.sqnState()).toEqual(arrayWith(sqnMs));
        },
      ),
    );
  });

  it('reports a wrong MAC, and changes nothing, for any other K, OPc, RAND or AUTN', () => {
    const bit = fc.nat(16 * 8 - 1);
    fc.assert(
      fc.property(octets(16), fc.constantFrom('k', 'opc', 'rand', 'autn'), bit, (randOctets, what, at) => {
        const { rand, autn } = makeVector(key, { amf, sqn: sqnOf(1, 0), rand: randOctets });
        const parts = { ...key, rand, autn };
        const part = parts[what].slice();
        part[at >> 3] = (part[at >> 3] ?? 0) ^ (1 << (at & 7));
        const changed = { ...parts, [what]: part };
        const card = cardWith({ k: changed.k, opc: changed.opc });
        expect(card.authenticate(changed.rand, changed.autn)).toEqual({ kind: 'mac-failure' });
        expect(card.sqnState()).toEqual(emptySeqArray());
      }),
    );
  });

  it('reports a wrong MAC first when the SQN is old as well', () => {
    const { rand, autn } = makeVector(key, { amf, sqn: sqnOf(1, 0), rand: hexToBytes(set1.rand) });
    const card = cardWith({ sqnMs: arrayWith(sqnOf(1_000, 0)) });
    expect(card.authenticate(rand, autn).kind).toBe('sync-failure');
    expect(card.authenticate(rand, autn.with(15, (autn[15] ?? 0) ^ 1)).kind).toBe('mac-failure');
  });

  it.each([
    ['RAND', 15, 16],
    ['RAND', 17, 16],
    ['AUTN', 16, 15],
    ['AUTN', 16, 0],
  ])('reports a wrong MAC for %s of a wrong size', (_what, randLength, autnLength) => {
    expect(cardWith().authenticate(new Uint8Array(randLength), new Uint8Array(autnLength))).toEqual({
      kind: 'mac-failure',
    });
  });
});

describe('createCard', () => {
  it('shows K and OPc to nobody', () => {
    const card = cardWith();
    const shown = JSON.stringify(card) + String(Object.values(card).map(String));
    for (const secret of [key.k, key.opc]) {
      expect(shown).not.toContain(bytesToHex(secret));
      expect(shown).not.toContain([...secret].join());
    }
    expect(Object.keys(card).sort()).toEqual(['authenticate', 'domain', 'impi', 'impus', 'imsi', 'sqnState']);
  });

  it('keeps its own copy of the secrets and of the array', () => {
    const k = key.k.slice();
    const sqnMs = [...emptySeqArray()];
    const card = cardWith({ k, sqnMs });
    k.fill(0);
    sqnMs.fill(5_000);
    const { rand, autn } = makeVector(key, { amf, sqn: sqnOf(1, 0), rand: hexToBytes(set1.rand) });
    expect(card.authenticate(rand, autn).kind).toBe('ok');
  });

  it.each([
    ['K', { k: new Uint8Array(15) }],
    ['OPc', { opc: new Uint8Array(17) }],
    ['a SEQ array', { sqnMs: [1, 2, 3] }],
  ])('refuses %s of a wrong size', (_what, contents) => {
    expect(() => cardWith(contents)).toThrow(RangeError);
  });
});

describe('verifyAuts', () => {
  it('refuses an AUTS with any bit changed, or of another challenge', () => {
    fc.assert(
      fc.property(octets(16), octets(16), fc.nat(14 * 8 - 1), (rand, otherRand, at) => {
        const auts = makeAuts(key, rand, 4_711n);
        const changed = auts.with(at >> 3, (auts[at >> 3] ?? 0) ^ (1 << (at & 7)));
        expect(verifyAuts(key, rand, changed)).toEqual({ ok: false, code: 'AKA_MAC_S_FAILURE' });
        fc.pre(bytesToHex(rand) !== bytesToHex(otherRand));
        expect(verifyAuts(key, otherRand, auts)).toEqual({ ok: false, code: 'AKA_MAC_S_FAILURE' });
      }),
    );
  });

  it.each([0, 13, 15])('refuses an AUTS of %i octets', (length) => {
    expect(verifyAuts(key, hexToBytes(set1.rand), new Uint8Array(length))).toEqual({
      ok: false,
      code: 'AKA_AUTS_LENGTH',
    });
  });
});
