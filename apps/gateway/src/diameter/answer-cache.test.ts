import type { DiameterMessage } from '@imslab/ims-core/protocols/diameter/message';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../../packages/ims-core/test/kit/virtual-clock.ts';
import { AnswerCache } from './answer-cache.ts';
import { DUPLICATE_WINDOW_MS, MAX_KEPT_ANSWERS } from './limits.ts';

function request(endToEnd: number, retransmitted: boolean): DiameterMessage {
  const flags = { request: true, proxiable: true, error: false, retransmitted };
  return { ...flags, commandCode: 303, applicationId: 16_777_216, hopByHop: 1, endToEnd, avps: [] };
}

/** A cache whose answers count how often it served. */
function setUp() {
  const clock = new VirtualClock();
  const cache = new AnswerCache(clock);
  let served = 0;
  const ask = async (endToEnd: number, retransmitted: boolean, host = 'scscf'): Promise<boolean> => {
    const before = served;
    await cache.answer(request(endToEnd, retransmitted), host, async () => {
      served += 1;
      return { ok: true, octets: new Uint8Array() };
    });
    return served > before;
  };
  return { clock, ask };
}

describe('the answers kept for duplicates', () => {
  it('are given to a request with the T bit and the same identifiers, and to no other', async () => {
    const { ask } = setUp();
    expect(await ask(1, false)).toBe(true);
    expect(await ask(1, true)).toBe(false);
    expect(await ask(2, true)).toBe(true);
    expect(await ask(1, true, 'icscf')).toBe(true);
    expect(await ask(1, false)).toBe(true);
  });

  it('are forgotten four minutes later, and not before', async () => {
    const { clock, ask } = setUp();
    await ask(1, false);
    await clock.advance(DUPLICATE_WINDOW_MS);
    await ask(2, false);
    expect(await ask(1, true)).toBe(false);
    await clock.advance(1);
    expect(await ask(1, true)).toBe(true);
  });

  it('are the last ones when there are many', async () => {
    const { ask } = setUp();
    for (let endToEnd = 0; endToEnd < 2 * MAX_KEPT_ANSWERS; endToEnd += 1) await ask(endToEnd, false);
    expect(await ask(2 * MAX_KEPT_ANSWERS - MAX_KEPT_ANSWERS / 2, true)).toBe(false);
    expect(await ask(MAX_KEPT_ANSWERS - 1, true)).toBe(true);
  });
});
