import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Call, CORE_ROUTE, FAR, type Headers, PcscfLab, type Phone, values } from '../../../test/kit/pcscf-lab.ts';
import { cseq, header } from '../../protocols/sip/read.ts';

let lab: PcscfLab;
let alice: Phone;
beforeEach(async () => {
  lab = await PcscfLab.start();
  alice = await lab.phone();
  await alice.register({ expires: 7200 });
});
afterEach(async () => {
  await lab.pcscf.close();
  expect(lab.clock.pending).toBe(0);
});

const INTERVAL_S = 1800;
const KNOWS_TIMER: Headers = [['Supported', 'timer']];

/** A call of Alice; the core answers it. */
async function call(asked: Headers, granted: Headers): Promise<Call> {
  await alice.send(alice.request('INVITE', { headers: asked, sdp: 'A' }));
  const invite = lab.core.last('INVITE');
  await lab.answer(invite, 200, { contact: FAR, sdp: 'B', headers: [['Record-Route', CORE_ROUTE], ...granted] });
  const ok = alice.lastResponse();
  const routes = values(ok, 'Record-Route').toReversed();
  const coreRoutes = routes.slice(0, 2).toReversed();
  const made = { inDialog: { callId: 'call-1', toTag: 'far1', uri: FAR, routes }, coreRoutes, invite, ok };
  await alice.send(alice.request('ACK', made.inDialog));
  return made;
}

describe('the session timer that an INVITE asks for', () => {
  it.each<[string, Headers, string, string | undefined]>([
    ['inserts one', [], '1800', undefined],
    ['inserts none below the Min-SE', [['Min-SE', '2000']], '2000', '2000'],
    ['keeps a shorter one and its refresher', [['Session-Expires', '90;refresher=uas']], '90;refresher=uas', undefined],
    ['shortens a longer one', [['x', '7200;refresher=uac']], '1800;refresher=uac', undefined],
    [
      'shortens none below the Min-SE',
      [
        ['Session-Expires', '7200'],
        ['Min-SE', '3600'],
      ],
      '3600',
      '3600',
    ],
    ['lengthens one that is too short when the caller knows no 422', [['Session-Expires', '30']], '90', '90'],
  ])('%s', async (_name, asked, interval, floor) => {
    await alice.send(alice.request('INVITE', { headers: asked }));
    const invite = lab.core.last('INVITE');
    expect(values(invite, 'Session-Expires')).toEqual([interval]);
    expect(header(invite, 'Min-SE')).toBe(floor);
    await lab.answer(invite, 486);
  });

  it('is refused with 422 and Min-SE when it is too short and the caller can ask again', async () => {
    await alice.send(alice.request('INVITE', { headers: [['Session-Expires', '89'], ...KNOWS_TIMER], sdp: 'A' }));
    expect(alice.lastResponse().status).toBe(422);
    expect(header(alice.lastResponse(), 'Min-SE')).toBe('90');
    expect(lab.core.log).not.toContain('INVITE');
    expect(lab.pcscf.calls()).toEqual([]);
  });
});

describe('the session timer that a 2xx grants', () => {
  it.each<[string, Headers, Headers, string | undefined, string[]]>([
    [
      'the called end’s, when both know timers',
      KNOWS_TIMER,
      [['Session-Expires', '600;refresher=uas']],
      '600;refresher=uas',
      [],
    ],
    [
      'the called end’s, when only that knows timers',
      [],
      [['Session-Expires', '600;refresher=uas']],
      '600;refresher=uas',
      [],
    ],
    ['the caller’s, when only that knows timers', KNOWS_TIMER, [], '1800;refresher=uac', ['timer']],
    ['none, when neither knows timers', [], [], undefined, []],
  ])('is %s', async (_name, asked, granted, interval, required) => {
    const { ok } = await call(asked, granted);
    expect(header(ok, 'Session-Expires')).toBe(interval);
    expect(values(ok, 'Require')).toEqual(required);
  });
});

describe('a session that nobody refreshes', () => {
  it('ends at its time with a BYE to both ends that says why', async () => {
    await call(KNOWS_TIMER, []);
    await lab.run(INTERVAL_S * 1000 - 1000);
    expect(lab.pcscf.calls()).toHaveLength(1);
    await lab.run(1000);
    for (const end of [lab.core, alice.peer]) {
      expect(header(end.last('BYE'), 'Reason')).toBe('SIP;cause=408;text="The session timer expired"');
      end.answer(end.last('BYE'), 200);
    }
    await lab.run();
    expect(cseq(lab.core.last('BYE'))?.number).toBe(2);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.media.totals().sessions).toBe(0);
    const [expired, released] = lab.trace.events.filter(({ kind }) => kind === 'note').slice(-2);
    expect(expired).toMatchObject({ note: { code: 'SESSION_EXPIRED' } });
    expect(released).toMatchObject({ note: { code: 'SESSION_RELEASED' }, cause: expired?.seq });
  });

  it('stays when neither end knows timers', async () => {
    await call([], []);
    await lab.run(3 * INTERVAL_S * 1000);
    expect(lab.pcscf.calls()).toHaveLength(1);
  });

  it('has no timer any more once it ended', async () => {
    const { inDialog } = await call(KNOWS_TIMER, []);
    await alice.send(alice.request('BYE', { ...inDialog, cseq: 2 }));
    await lab.answer(lab.core.last('BYE'), 200);
    await lab.run(INTERVAL_S * 1000);
    expect(lab.trace.notes()).not.toContain('SESSION_EXPIRED');
  });
});

describe('a refresh', () => {
  it.each(['UPDATE', 'INVITE'])('by %s of the caller makes the session last its interval again', async (method) => {
    const { inDialog } = await call(KNOWS_TIMER, []);
    await lab.run(900_000);
    await alice.send(alice.request(method, { ...inDialog, cseq: 2, headers: KNOWS_TIMER }));
    expect(header(lab.core.last(method), 'Session-Expires')).toBe('1800');
    await lab.answer(lab.core.last(method), 200, { contact: FAR });
    expect(header(alice.lastResponse(), 'Session-Expires')).toBe('1800;refresher=uac');
    await lab.run(1_700_000);
    expect(lab.pcscf.calls()).toHaveLength(1);
    await lab.run(110_000);
    expect(lab.core.log).toContain('BYE');
  });

  it('by UPDATE of the far end does so too', async () => {
    const made = await call(KNOWS_TIMER, [['Session-Expires', '600;refresher=uas']]);
    await lab.run(300_000);
    await lab.within(made, 'UPDATE', { headers: [...KNOWS_TIMER, ['Session-Expires', '600;refresher=uac']] });
    await alice.answer(alice.peer.last('UPDATE'), 200, { headers: [['Session-Expires', '600;refresher=uac']] });
    await lab.run(590_000);
    expect(lab.pcscf.calls()).toHaveLength(1);
    await lab.run(20_000);
    expect(lab.core.log).toContain('BYE');
  });

  it('that is refused changes nothing', async () => {
    const { inDialog } = await call(KNOWS_TIMER, []);
    await lab.run(1_700_000);
    await alice.send(alice.request('UPDATE', { ...inDialog, cseq: 2, headers: KNOWS_TIMER }));
    await lab.answer(lab.core.last('UPDATE'), 500);
    await lab.run(110_000);
    expect(lab.core.log).toContain('BYE');
  });

  it('with too short an interval is refused with 422, and the session goes on', async () => {
    const { inDialog } = await call(KNOWS_TIMER, []);
    const headers: Headers = [...KNOWS_TIMER, ['Session-Expires', '10']];
    await alice.send(alice.request('UPDATE', { ...inDialog, cseq: 2, headers }));
    expect(alice.lastResponse().status).toBe(422);
    expect(lab.core.log).not.toContain('UPDATE');
    expect(lab.pcscf.calls()).toHaveLength(1);
  });
});
