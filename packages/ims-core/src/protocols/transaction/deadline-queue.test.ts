import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../test/kit/virtual-clock.ts';
import { DeadlineQueue } from './deadline-queue.ts';

describe('a queue of deadlines', () => {
  it('reaches each at its moment, and those of one moment in the order in which they were set', async () => {
    const { clock, reached, queue } = newQueue();
    queue.after(2_000, 'later');
    queue.after(1_000, 'first');
    queue.after(1_000, 'second');
    await clock.advance(999);
    expect(reached).toEqual([]);
    await clock.advance(1);
    expect(reached).toEqual(['first', 'second']);
    await clock.advance(1_000);
    expect(reached).toEqual(['first', 'second', 'later']);
  });

  it('keeps one timer of the clock, however many deadlines are ahead', () => {
    const { clock, queue } = newQueue();
    for (let i = 0; i < 1_000; i += 1) queue.after(1_000 + ((i * 7) % 100), `owner ${i}`);
    expect(queue.size).toBe(1_000);
    expect(clock.pending).toBe(1);
  });

  it('keeps no timer when all are stopped, or when it is closed', () => {
    const { clock, queue } = newQueue();
    const timers = [queue.after(1_000, 'a'), queue.after(500, 'b')];
    for (const timer of timers) timer.stop();
    expect(clock.pending).toBe(0);
    queue.after(1_000, 'c');
    queue.close();
    expect(clock.pending).toBe(0);
  });

  it('stops twice, or after the deadline, without touching another one', async () => {
    const { clock, reached, queue } = newQueue();
    const stopped = queue.after(1_000, 'stopped');
    const over = queue.after(500, 'over');
    queue.after(1_000, 'stays');
    stopped.stop();
    stopped.stop();
    await clock.advance(600);
    over.stop();
    await clock.advance(400);
    expect(reached).toEqual(['over', 'stays']);
  });

  it('takes a deadline that is set when another one is reached', async () => {
    const clock = new VirtualClock();
    const reached: string[] = [];
    const queue = new DeadlineQueue<string>(clock, (owner) => {
      reached.push(owner);
      if (owner === 'first') queue.after(1_000, 'next');
    });
    queue.after(1_000, 'first');
    await clock.advance(2_000);
    expect(reached).toEqual(['first', 'next']);
    expect(clock.pending).toBe(0);
  });

  it('reaches any deadlines in the order of their moments, also when some are stopped', async () => {
    const deadlines = fc.array(fc.record({ delayMs: fc.nat(5_000), stopped: fc.boolean() }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(deadlines, async (wanted) => {
        const { clock, reached, queue } = newQueue();
        const timers = wanted.map(({ delayMs }, index) => queue.after(delayMs, `${delayMs} ${index}`));
        for (const [index, { stopped }] of wanted.entries()) if (stopped) timers[index]?.stop();
        await clock.advance(5_000);
        const left = wanted.map(({ delayMs, stopped }, index) => ({ delayMs, stopped, name: `${delayMs} ${index}` }));
        const expected = left.filter(({ stopped }) => !stopped).toSorted((a, b) => a.delayMs - b.delayMs);
        expect(reached).toEqual(expected.map(({ name }) => name));
      }),
      { numRuns: 50 },
    );
  });
});

function newQueue() {
  const clock = new VirtualClock();
  const reached: string[] = [];
  const queue = new DeadlineQueue<string>(clock, (owner) => reached.push(owner));
  return { clock, reached, queue };
}
