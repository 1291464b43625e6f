import { describe, expect, it } from 'vitest';
import { recallFilters, rememberFilters } from './filter-memory.ts';
import { allShown } from './trace-store.ts';

function storage(text: string | null = null): Storage {
  const values = new Map(text === null ? [] : [['imslab.ladder', text]]);
  return {
    length: 0,
    clear: () => values.clear(),
    key: () => null,
    getItem: (key) => values.get(key) ?? null,
    removeItem: (key) => values.delete(key),
    setItem: (key, value) => values.set(key, value),
  };
}

describe('the memory of the filters', () => {
  it('gives back what it was given', () => {
    const memory = storage();
    const filters = {
      protocols: { sip: true, diameter: false, media: true },
      ue: '001010000000002',
      housekeeping: true,
    };
    rememberFilters(filters, memory);
    expect(recallFilters(memory)).toEqual(filters);
  });

  it.each([
    ['nothing', null],
    ['no JSON', '{'],
    ['another shape', '{"ue":1}'],
    ['a protocol too few', '{"ue":"","housekeeping":false,"protocols":{"sip":true,"diameter":true}}'],
  ])('shows everything when there is %s', (_name, text) => {
    expect(recallFilters(storage(text))).toEqual(allShown);
  });
});
