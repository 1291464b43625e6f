import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import vectors from '../../../test/vectors/milenage.json' with { type: 'json' };
import { deriveOpc, f1, f1Star, f5Star, f2345 } from './milenage.ts';
import { sqnFromOctets } from './sqn.ts';
import { makeAuts, makeVector, verifyAuts } from './vector.ts';

describe.each(vectors.sets)('Milenage test set $set', (set) => {
  const key = { k: hexToBytes(set.k), opc: hexToBytes(set.opc) };
  const [rand, sqn, amf] = [hexToBytes(set.rand), hexToBytes(set.sqn), hexToBytes(set.amf)];

  it('computes f1, f1*, f2, f3, f4, f5 and f5*', () => {
    const { res, ck, ik, ak } = f2345(key, rand);
    expect({
      f1: bytesToHex(f1(key, rand, sqn, amf)),
      f1Star: bytesToHex(f1Star(key, rand, sqn, amf)),
      f2: bytesToHex(res),
      f3: bytesToHex(ck),
      f4: bytesToHex(ik),
      f5: bytesToHex(ak),
      f5Star: bytesToHex(f5Star(key, rand)),
    }).toEqual({
      f1: set.f1_mac_a,
      f1Star: set.f1star_mac_s_with_this_amf,
      f2: set.f2_res,
      f3: set.f3_ck,
      f4: set.f4_ik,
      f5: set.f5_ak,
      f5Star: set.f5star_akstar,
    });
  });

  it('makes the vector of the HSS', () => {
    const vector = makeVector(key, { amf, rand, sqn: sqnFromOctets(sqn) });
    expect(Object.fromEntries(Object.entries(vector).map(([name, octets]) => [name, bytesToHex(octets)]))).toEqual({
      rand: set.rand,
      autn: set.autn,
      xres: set.f2_res,
      ck: set.f3_ck,
      ik: set.f4_ik,
    });
  });

  it('makes the AUTS of a card at this SQN, and the HSS reads it', () => {
    const auts = makeAuts(key, rand, sqnFromOctets(sqn));
    expect(bytesToHex(auts)).toBe(set.auts_if_sqn_ms_equals_sqn.auts);
    expect(verifyAuts(key, rand, auts)).toEqual({ ok: true, sqnMs: sqnFromOctets(sqn) });
  });
});

describe('Milenage', () => {
  it.each(vectors.sets.filter(({ op }) => op !== null))('derives OPc from OP in set $set', ({ k, op, opc }) => {
    expect(bytesToHex(deriveOpc(hexToBytes(k), hexToBytes(op ?? '')))).toBe(opc);
  });

  const set = vectors.sets[0];
  if (set === undefined) throw new Error('milenage.json has no sets');
  const [k, opc, rand] = [hexToBytes(set.k), hexToBytes(set.opc), hexToBytes(set.rand)];

  it.each([
    { name: 'K', key: { k: k.slice(1), opc }, rand },
    { name: 'OPc', key: { k, opc: opc.slice(1) }, rand },
    { name: 'RAND', key: { k, opc }, rand: rand.slice(1) },
  ])('refuses $name of 15 octets without showing it', ({ name, key, rand: randOctets }) => {
    expect(() => f2345(key, randOctets)).toThrow(new RangeError(`${name} has 15 octets, not 16`));
  });

  it('makes the vector of the documented lab card', () => {
    const lab = vectors.labVector;
    const vector = makeVector(
      { k: hexToBytes(lab.k), opc: hexToBytes(lab.opc) },
      { amf: hexToBytes(lab.amf), sqn: sqnFromOctets(hexToBytes(lab.sqn)), rand: hexToBytes(lab.rand) },
    );
    expect(bytesToHex(vector.autn)).toBe(lab.autn);
    expect(bytesToHex(vector.xres)).toBe(lab.xres);
    expect(bytesToHex(vector.ck)).toBe(lab.ck);
    expect(bytesToHex(vector.ik)).toBe(lab.ik);
  });
});
