import { describe, expect, it } from 'vitest';
import { Repetitions } from './repetitions.ts';

describe('Repetitions', () => {
  it('tells how often a message went by before', () => {
    const repetitions = new Repetitions();
    expect([repetitions.count('a'), repetitions.count('b'), repetitions.count('a'), repetitions.count('a')]).toEqual([
      0, 0, 1, 2,
    ]);
  });

  it('remembers the last ten thousand messages and forgets those from long before', () => {
    const repetitions = new Repetitions();
    repetitions.count('first');
    for (let at = 0; at < 10_000; at += 1) repetitions.count(`one ${at}`);
    expect(repetitions.count('first')).toBe(1);
    for (let at = 0; at < 20_000; at += 1) repetitions.count(`two ${at}`);
    expect(repetitions.count('first')).toBe(0);
  });
});
