import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../test/kit/virtual-clock.ts';
import { TimerLists, type TimerOwner } from './timer-lists.ts';

function start() {
  const clock = new VirtualClock(0);
  const fired: string[] = [];
  const owner: TimerOwner = { fired: (event) => fired.push(`${event} at ${clock.now()}`) };
  return { clock, timers: new TimerLists(clock), fired, owner };
}

describe('timer lists', () => {
  it('fires each timer on time and in order, whatever its duration', async () => {
    const { clock, timers, fired, owner } = start();
    timers.start(500, owner, 'E');
    timers.start(32_000, owner, 'F');
    await clock.advance(100);
    timers.start(500, owner, 'second E');
    await clock.advance(40_000);
    expect(fired).toEqual(['E at 500', 'second E at 600', 'F at 32000']);
    expect(clock.pending).toBe(0);
  });

  it('serves a thousand equal timers with one timer of the clock', async () => {
    const { clock, timers, fired, owner } = start();
    for (let each = 0; each < 1_000; each += 1) timers.start(500, owner, 'E');
    expect(clock.pending).toBe(1);
    await clock.advance(500);
    expect(fired).toHaveLength(1_000);
  });

  it('lets timers that are due soon after one another fire together, none too early', async () => {
    const { clock, timers, fired, owner } = start();
    for (let each = 0; each < 4; each += 1) {
      timers.start(500, owner, `${each}`);
      await clock.advance(4);
    }
    await clock.advance(1_000);
    expect(fired).toEqual(['0 at 500', '1 at 510', '2 at 510', '3 at 520']);
  });

  it('does not fire what was stopped: the first, one between, the last', async () => {
    const { clock, timers, fired, owner } = start();
    const [first, , between, , last] = ['a', 'b', 'c', 'd', 'e'].map((event) => timers.start(500, owner, event));
    for (const timer of [first, between, last, first]) timer?.stop();
    await clock.advance(500);
    expect(fired).toEqual(['b at 500', 'd at 500']);
  });

  it('starts again on time when all timers were stopped', async () => {
    const { clock, timers, fired, owner } = start();
    timers.start(500, owner, 'stopped').stop();
    await clock.advance(200);
    timers.start(500, owner, 'E');
    await clock.advance(1_000);
    expect(fired).toEqual(['E at 700']);
  });

  it('lets an owner start and stop timers while it is told of one', async () => {
    const { clock, timers, fired } = start();
    const owner: TimerOwner = {
      fired: (event) => {
        fired.push(`${event} at ${clock.now()}`);
        if (event !== 'first') return;
        second.stop();
        timers.start(500, owner, 'third');
      },
    };
    timers.start(500, owner, 'first');
    const second = timers.start(500, owner, 'second');
    await clock.advance(2_000);
    expect(fired).toEqual(['first at 500', 'third at 1000']);
  });

  it('fires nothing any more when it is closed', async () => {
    const { clock, timers, fired, owner } = start();
    timers.start(500, owner, 'E');
    timers.start(5_000, owner, 'K');
    timers.close();
    expect(clock.pending).toBe(0);
    await clock.advance(10_000);
    expect(fired).toEqual([]);
  });
});
