import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advanceSqn,
  emptySeqArray,
  IND_COUNT,
  INITIAL_SQN_HE,
  indOf,
  isFresh,
  isInCardRange,
  isSeqArray,
  SEQ_DELTA,
  seqOf,
  sqnFromOctets,
  sqnMsOf,
  sqnOf,
  sqnToOctets,
  withAccepted,
} from './sqn.ts';

const SEQ_MAX = 2 ** 43 - 1;
const anySqn = fc.bigInt({ min: 0n, max: 2n ** 48n - 1n });

describe('an SQN', () => {
  it('is SEQ then IND, 48 bits in 6 octets', () => {
    fc.assert(
      fc.property(anySqn, (sqn) => {
        expect(sqnOf(seqOf(sqn), indOf(sqn))).toBe(sqn);
        expect(sqnFromOctets(sqnToOctets(sqn))).toBe(sqn);
        expect(sqnToOctets(sqn)).toHaveLength(6);
      }),
    );
  });

  it('is written with the most significant octet first', () => {
    expect(bytesToHex(sqnToOctets(0x000000000020n))).toBe('000000000020');
    expect(sqnFromOctets(hexToBytes('ff9bb4d0b607'))).toBe(0xff9bb4d0b607n);
  });

  it.each([
    ['the first of a subscription', INITIAL_SQN_HE, 1, sqnOf(1, 0)],
    ['one further', 0xff9bb4d0b647n, 1, 0xff9bb4d0b668n],
    ['IND goes round', sqnOf(5, 31), 1, sqnOf(6, 0)],
    ['a whole round', sqnOf(5, 7), 32, sqnOf(37, 7)],
    ['the last SEQ', sqnOf(SEQ_MAX - 1, 0), 1, sqnOf(SEQ_MAX, 1)],
  ])('advances: %s', (_what, from, steps, to) => {
    expect(advanceSqn(from, steps)).toBe(to);
  });

  it('does not begin again when all are used up', () => {
    expect(() => advanceSqn(sqnOf(SEQ_MAX, 0))).toThrow(RangeError);
  });

  it('advances by many steps as by one step many times', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(31), fc.integer({ min: 1, max: 100 }), (seq, ind, steps) => {
        let sqn = sqnOf(seq, ind);
        for (let step = 0; step < steps; step += 1) sqn = advanceSqn(sqn);
        expect(advanceSqn(sqnOf(seq, ind), steps)).toBe(sqn);
      }),
    );
  });
});

describe('the card', () => {
  const cells = withAccepted(withAccepted(emptySeqArray(), sqnOf(100, 4)), sqnOf(90, 7));

  it.each([
    ['the next SEQ under another IND', sqnOf(101, 5), true],
    ['a higher SEQ under the same IND', sqnOf(101, 4), true],
    ['an older SEQ under an IND that has not seen it', sqnOf(91, 7), true],
    ['an old SEQ under a new IND', sqnOf(1, 8), true],
    ['SEQ 0, which no cell is below', sqnOf(0, 8), false],
    ['the same SEQ under the same IND', sqnOf(100, 4), false],
    ['a lower SEQ under the same IND', sqnOf(89, 7), false],
    ['a jump of Δ', sqnOf(100 + SEQ_DELTA, 0), true],
    ['a jump of more than Δ', sqnOf(101 + SEQ_DELTA, 0), false],
  ])('judges whether %s is fresh', (_what, sqn, fresh) => {
    expect(isFresh(cells, sqn)).toBe(fresh);
  });

  it('reports its highest SEQ with the IND of it', () => {
    expect(sqnMsOf(cells)).toBe(sqnOf(100, 4));
    expect(sqnMsOf(emptySeqArray())).toBe(0n);
  });

  it('never finds an SQN fresh that it accepted, whatever came between', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(31)), { maxLength: 200 }), (numbers) => {
        let array = emptySeqArray();
        const accepted = new Set<bigint>();
        for (const [seq, ind] of numbers) {
          const sqn = sqnOf(seq, ind);
          if (!isFresh(array, sqn)) continue;
          expect(accepted.has(sqn)).toBe(false);
          accepted.add(sqn);
          array = withAccepted(array, sqn);
        }
        for (const sqn of accepted) expect(isFresh(array, sqn)).toBe(false);
      }),
    );
  });

  it('takes the vectors of the HSS in any order as long as none is 32 or more late', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...Array(IND_COUNT).keys()], { minLength: IND_COUNT }),
        fc.nat(10_000),
        (order, start) => {
          let array = emptySeqArray();
          for (const offset of order) {
            const sqn = advanceSqn(sqnOf(start, start % IND_COUNT), offset + 1);
            expect(isFresh(array, sqn)).toBe(true);
            array = withAccepted(array, sqn);
          }
        },
      ),
    );
  });
});

describe('isInCardRange', () => {
  it.each([
    ['one ahead', 101, true],
    ['Δ ahead', 100 + SEQ_DELTA, true],
    ['equal', 100, false],
    ['behind', 99, false],
    ['more than Δ ahead', 101 + SEQ_DELTA, false],
  ])('of an SQN that is %s is right', (_what, seq, expected) => {
    expect(isInCardRange(sqnOf(seq, 0), sqnOf(100, 31))).toBe(expected);
  });
});

describe('isSeqArray', () => {
  it.each([
    ['a new array', emptySeqArray(), true],
    ['the highest SEQ', emptySeqArray().with(3, SEQ_MAX), true],
    ['a SEQ of 44 bits', emptySeqArray().with(3, SEQ_MAX + 1), false],
    ['a negative SEQ', emptySeqArray().with(3, -1), false],
    ['a fraction', emptySeqArray().with(3, 0.5), false],
    ['texts', emptySeqArray().map(String), false],
    ['31 cells', emptySeqArray().slice(1), false],
    ['a hole', new Array(32), false],
    ['null', null, false],
    ['a text', '0'.repeat(32), false],
  ])('judges %s', (_what, value, expected) => {
    expect(isSeqArray(value)).toBe(expected);
  });
});
