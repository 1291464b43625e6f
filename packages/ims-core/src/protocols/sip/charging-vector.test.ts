import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../test/kit/seeded-random.ts';
import { request } from './build.ts';
import { chargingVector, isType1Ioi, newIcid, serializeChargingVector, type1Ioi } from './charging-vector.ts';
import { scanParams } from './params.ts';

const read = (value: string) => chargingVector(request('INVITE', 'sip:a@b', [['P-Charging-Vector', value]]));

describe('P-Charging-Vector', () => {
  it.each([
    ['tokens', 'icid-value=1;orig-ioi=a;term-ioi=b', { icidValue: '1', origIoi: 'a', termIoi: 'b', others: [] }],
    ['quoted strings', 'icid-value="a;b"; orig-ioi="Type 1x"', { icidValue: 'a;b', origIoi: 'Type 1x', others: [] }],
    [
      'other parameters',
      'ICID-Value=1;icid-generated-at=p;related-icid="2"',
      {
        icidValue: '1',
        others: ['icid-generated-at=p', 'related-icid="2"'],
      },
    ],
  ])('is read with %s', (_name, value, vector) => {
    expect(read(value)).toEqual(vector);
  });

  it.each(['', 'orig-ioi=a', 'icid-value', 'icid-value="open', ';;'])('is none without an icid-value: %j', (value) => {
    expect(read(value)).toBeUndefined();
  });

  it('is written so that it reads the same', () => {
    const vector = { icidValue: 'a"b', origIoi: type1Ioi('x'), termIoi: 'y', others: ['icid-generated-at=p'] };
    const text = serializeChargingVector(vector);
    expect(text).toBe('icid-value="a\\"b";icid-generated-at=p;orig-ioi="Type 1x";term-ioi="y"');
    expect(scanParams(`;${text}`, 0).ok).toBe(true);
    expect(read(text)).toEqual(vector);
  });

  it('has an ICID that is a version 4 UUID and never the same', () => {
    const random = new SeededRandom();
    const icids = Array.from({ length: 50 }, () => newIcid(random));
    expect(new Set(icids).size).toBe(50);
    for (const icid of icids)
      expect(icid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('tells type 1 IOI from others', () => {
    expect([type1Ioi('x'), 'x', undefined].map(isType1Ioi)).toEqual([true, false, false]);
  });
});
