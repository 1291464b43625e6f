import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../../packages/ims-core/test/kit/virtual-clock.ts';
import { REQUEST_TIMEOUT_MS } from './limits.ts';
import { PendingRequests, type RequestOutcome } from './pending-requests.ts';

const UAR = 300;
const timeout = { ok: false, failure: 'timeout', text: 'no answer within 5000 ms' };

function setUp() {
  const clock = new VirtualClock();
  const pending = new PendingRequests(clock);
  const outcomes = new Map<number, RequestOutcome[]>();
  const add = (hopByHop: number) => {
    const ended: RequestOutcome[] = [];
    outcomes.set(hopByHop, ended);
    pending.add(hopByHop, UAR, 1, (outcome) => ended.push(outcome));
  };
  return { clock, pending, outcomes, add };
}

describe('the requests that wait for answers', () => {
  it('run out each at its own time, although one timer serves all', async () => {
    const { clock, pending, outcomes, add } = setUp();
    add(1);
    await clock.advance(2_000);
    add(2);
    await clock.advance(REQUEST_TIMEOUT_MS - 2_000);
    expect(outcomes.get(1)).toEqual([timeout]);
    expect(outcomes.get(2)).toEqual([]);
    await clock.advance(1_999);
    expect(pending.has(2)).toBe(true);
    await clock.advance(1);
    expect(outcomes.get(2)).toEqual([timeout]);
    expect(pending.has(2)).toBe(false);
  });

  it('run out although the one that the timer was started for was answered, and another came while it ran', async () => {
    const { clock, pending, outcomes, add } = setUp();
    const refused: RequestOutcome = { ok: false, failure: 'malformed', text: 'x', seq: 3 };
    add(1);
    await clock.advance(1_000);
    expect(pending.settle(1, refused)).toBe(true);
    add(2);
    await clock.advance(REQUEST_TIMEOUT_MS);
    expect(outcomes.get(1)).toEqual([refused]);
    expect(outcomes.get(2)).toEqual([timeout]);
    await clock.advance(REQUEST_TIMEOUT_MS);
    add(3);
    await clock.advance(REQUEST_TIMEOUT_MS);
    expect(outcomes.get(3)).toEqual([timeout]);
  });

  it('end all at once with the connection, and nothing of them ends again', async () => {
    const { clock, pending, outcomes, add } = setUp();
    add(1);
    add(2);
    pending.rejectAll('gone');
    await clock.advance(REQUEST_TIMEOUT_MS);
    const down = { ok: false, failure: 'peer-down', text: 'gone' };
    expect([...outcomes.values()]).toEqual([[down], [down]]);
    expect(pending.settle(1, { ok: false, failure: 'malformed', text: 'late' })).toBe(false);
  });
});
