import { describe, expect, it } from 'vitest';
import { gather } from './gather.ts';

/** Timers that fire by hand. */
function byHand() {
  const waiting = new Set<() => void>();
  return {
    after: (_delayMs: number, fire: () => void) => {
      waiting.add(fire);
      return () => {
        waiting.delete(fire);
      };
    },
    fire: () => {
      for (const each of [...waiting]) {
        waiting.delete(each);
        each();
      }
    },
    waiting,
  };
}

describe('gather', () => {
  it('hands over a burst at once and in order, and begins anew with what comes later', () => {
    const timers = byHand();
    const taken: (readonly number[])[] = [];
    const numbers = gather<number>(
      timers.after,
      () => 50,
      (items) => taken.push(items),
    );
    numbers.add([1, 2]);
    numbers.add([3]);
    expect(timers.waiting.size).toBe(1);
    expect(taken).toEqual([]);
    timers.fire();
    numbers.add([4]);
    timers.fire();
    expect(taken).toEqual([[1, 2, 3], [4]]);
  });

  it('hands over nothing of what was dropped', () => {
    const timers = byHand();
    const taken: (readonly number[])[] = [];
    const numbers = gather<number>(
      timers.after,
      () => 50,
      (items) => taken.push(items),
    );
    numbers.add([1]);
    numbers.drop();
    expect(timers.waiting.size).toBe(0);
    numbers.add([2]);
    timers.fire();
    expect(taken).toEqual([[2]]);
  });
});
