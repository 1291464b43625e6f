import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AsLab, ODI_ROUTE } from '../../../test/kit/as-lab.ts';
import type { ForwardingSettings } from '../../api/lab-api.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { header, headerValues } from '../../protocols/sip/read.ts';

const D = 'ims.mnc001.mcc001.3gppnetwork.org';
const BOB = `sip:bob@${D}`;
const CAROL = `sip:carol@${D}`;

let lab: AsLab;

beforeEach(async () => {
  lab = await AsLab.start();
});

afterEach(async () => {
  await lab.close();
  expect(lab.clock.pending).toBe(0);
});

/** Bob's settings, and a call to him that the S-CSCF sends over ISC. */
async function callBob(
  forwarding: ForwardingSettings,
  options: { regstate?: 'reg' | 'unreg'; headers?: readonly (readonly [string, string])[] } = {},
): Promise<SipRequest> {
  lab.settings.set(BOB, { forwarding, greeting: false });
  const served = `<${BOB}>;sescase=term;regstate=${options.regstate ?? 'reg'}`;
  const invite = lab.isc({ service: 'forwarding', uri: BOB, served, headers: options.headers ?? [] });
  await lab.send(invite);
  return invite;
}

/** The INVITEs that came back to the S-CSCF. */
const invites = () => lab.scscf.requests.filter(({ method }) => method === 'INVITE');

function nth(number: number): SipRequest {
  const found = invites()[number - 1];
  if (found === undefined) throw new Error(`INVITE ${number} did not come: ${lab.scscf.log.join(' ')}`);
  return found;
}

/** The S-CSCF answers an INVITE as a phone of this name would. */
async function answer(invite: SipRequest, status: number, name: string): Promise<void> {
  const headers = status < 300 ? ([['Contact', `<sip:${name}@192.0.2.99>`]] as const) : [];
  lab.scscf.answer(invite, status, { toTag: name, headers });
  await lab.settle();
}

/** Statuses that the caller's side got for its INVITE, 100 left out. */
const statuses = () => lab.scscf.responses.map(({ status }) => status).filter((status) => status > 100);

function expectDiverted(invite: SipRequest, cause: number, history: string): void {
  expect(invite.uri).toBe(`${CAROL};cause=${cause}`);
  expect(headerValues(invite, 'Route')).toEqual([ODI_ROUTE]);
  expect(headerValues(invite, 'History-Info').join(', ')).toBe(history);
}

describe('communication forwarding', () => {
  it('takes all calls elsewhere at once when it is unconditional', async () => {
    await callBob({ unconditional: CAROL });
    expectDiverted(nth(1), 302, `<${BOB}>;index=1, <${CAROL};cause=302>;index=1.1;mp=1`);
    await answer(nth(1), 180, 'carol');
    await answer(nth(1), 200, 'carol');
    expect(statuses()).toEqual([181, 180, 200]);
    await expect(lab.ladder()).toMatchFileSnapshot('../../../test/ladders/as-forwarding-unconditional.txt');
  });

  it('takes the call of a busy user elsewhere', async () => {
    await callBob({ busy: CAROL });
    expect(nth(1).uri).toBe(BOB);
    await answer(nth(1), 486, 'bob');
    expectDiverted(nth(2), 486, `<${BOB}?Reason=SIP%3Bcause%3D486>;index=1, <${CAROL};cause=486>;index=1.1;mp=1`);
    await answer(nth(2), 200, 'carol');
    expect(statuses()).toEqual([181, 200]);
    await expect(lab.ladder()).toMatchFileSnapshot('../../../test/ladders/as-forwarding-busy.txt');
  });

  it('takes the call elsewhere when it rang long enough', async () => {
    await callBob({ noAnswer: { target: CAROL, afterS: 20 } });
    await answer(nth(1), 180, 'bob');
    await lab.clock.advance(19_900);
    expect(lab.scscf.log).not.toContain('CANCEL');
    await lab.clock.advance(200);
    const cancel = lab.scscf.last('CANCEL');
    expect(header(cancel, 'Reason')).toBe('SIP;cause=408;text="No answer"');
    lab.scscf.answer(cancel, 200);
    await answer(nth(1), 487, 'bob');
    expectDiverted(nth(2), 408, `<${BOB}?Reason=SIP%3Bcause%3D408>;index=1, <${CAROL};cause=408>;index=1.1;mp=1`);
    await answer(nth(2), 180, 'carol');
    await lab.clock.advance(30_000);
    expect(lab.scscf.requests.filter(({ method }) => method === 'CANCEL')).toHaveLength(1);
    await answer(nth(2), 200, 'carol');
    expect(statuses()).toEqual([180, 181, 180, 200]);
    await expect(lab.ladder()).toMatchFileSnapshot('../../../test/ladders/as-forwarding-no-answer.txt');
  });

  it('lets the answer through that crosses the end of the ringing', async () => {
    await callBob({ noAnswer: { target: CAROL, afterS: 20 } });
    await answer(nth(1), 180, 'bob');
    await lab.clock.advance(20_000);
    lab.scscf.answer(lab.scscf.last('CANCEL'), 200);
    await answer(nth(1), 200, 'bob');
    expect(statuses()).toEqual([180, 200]);
    expect(invites()).toHaveLength(1);
  });

  it.each([408, 430, 480, 500, 503])(
    'takes the call elsewhere when %i says that no phone is reached',
    async (status) => {
      await callBob({ notReachable: CAROL });
      await answer(nth(1), status, 'bob');
      expectDiverted(
        nth(2),
        503,
        `<${BOB}?Reason=SIP%3Bcause%3D${status}>;index=1, <${CAROL};cause=503>;index=1.1;mp=1`,
      );
      await answer(nth(2), 200, 'carol');
      expect(statuses()).toEqual([181, 200]);
      if (status === 480) {
        await expect(lab.ladder()).toMatchFileSnapshot('../../../test/ladders/as-forwarding-not-reachable.txt');
      }
    },
  );

  it('takes the call elsewhere at once when the user is not registered', async () => {
    await callBob({ notReachable: CAROL }, { regstate: 'unreg' });
    expectDiverted(nth(1), 404, `<${BOB}>;index=1, <${CAROL};cause=404>;index=1.1;mp=1`);
    await expect(lab.ladder()).toMatchFileSnapshot('../../../test/ladders/as-forwarding-not-registered.txt');
    await answer(nth(1), 200, 'carol');
  });

  it('calls a phone that rang and then failed unanswered, not unreachable', async () => {
    await callBob({ notReachable: CAROL, noAnswer: { target: `sip:dave@${D}`, afterS: 20 } });
    await answer(nth(1), 180, 'bob');
    await answer(nth(1), 480, 'bob');
    expect(nth(2).uri).toBe(`sip:dave@${D};cause=408`);
    await answer(nth(2), 200, 'dave');
  });

  it.each([
    ['busy, and only unreachable calls are diverted', { notReachable: CAROL }, 486],
    ['not reachable, and only calls of a busy user are diverted', { busy: CAROL }, 480],
    ['declining', { busy: CAROL, notReachable: CAROL, noAnswer: { target: CAROL, afterS: 5 } }, 603],
    ['busy, and has switched the service off', {}, 486],
  ])('passes the refusal of a user who is %s', async (_what, forwarding, status) => {
    await callBob(forwarding);
    await answer(nth(1), status, 'bob');
    expect(statuses()).toEqual([status]);
    expect(invites()).toHaveLength(1);
  });

  it('passes what the new target answers', async () => {
    await callBob({ busy: CAROL });
    await answer(nth(1), 486, 'bob');
    await answer(nth(2), 404, 'carol');
    expect(statuses()).toEqual([181, 404]);
  });

  it('stays on the path of the call', async () => {
    await callBob({ busy: CAROL });
    expect(headerValues(nth(1), 'Record-Route')[0]).toBe(`<sip:forwarding@as.${D}:5080;transport=tcp;lr>`);
    await answer(nth(1), 200, 'bob');
    const [ok] = lab.scscf.responses.filter(({ status }) => status === 200);
    if (ok === undefined) throw new Error('the call was not answered');
    const route = [['Route', `<sip:forwarding@as.${D}:5080;transport=tcp;lr>, ${ODI_ROUTE}`]] as const;
    await lab.send(lab.inDialog(ok, 'ACK', 1, route));
    expect(headerValues(lab.scscf.last('ACK'), 'Route')).toEqual([ODI_ROUTE]);
    await lab.send(lab.inDialog(ok, 'BYE', 2, route));
    expect(headerValues(lab.scscf.last('BYE'), 'Route')).toEqual([ODI_ROUTE]);
    lab.scscf.answer(lab.scscf.last('BYE'), 200);
    await lab.settle();
  });

  it('cancels the target that rings when the caller gives up', async () => {
    const invite = await callBob({ unconditional: CAROL });
    await answer(nth(1), 180, 'carol');
    await lab.send(lab.cancelOf(invite));
    lab.scscf.answer(lab.scscf.last('CANCEL'), 200);
    await answer(nth(1), 487, 'carol');
    expect(statuses()).toEqual([181, 180, 200, 487]);
  });

  it('does not divert a call that the caller has given up', async () => {
    const invite = await callBob({ notReachable: CAROL, noAnswer: { target: CAROL, afterS: 20 } });
    await answer(nth(1), 180, 'bob');
    await lab.send(lab.cancelOf(invite));
    lab.scscf.answer(lab.scscf.last('CANCEL'), 200);
    await answer(nth(1), 487, 'bob');
    await lab.clock.advance(30_000);
    expect(invites()).toHaveLength(1);
  });

  it.each([
    ['unconditional', { unconditional: CAROL }, undefined, 480],
    ['busy', { busy: CAROL }, 486, 486],
  ])('diverts a call five times at most (%s)', async (_what, forwarding, refusal, status) => {
    const before = Array.from({ length: 5 }, (_, at) => `<sip:u${at}@${D};cause=302>;index=1.${at + 1}`);
    await callBob(forwarding, { headers: [['History-Info', before.join(', ')]] });
    if (refusal !== undefined) await answer(nth(1), refusal, 'bob');
    expect(statuses()).toEqual([status]);
    expect(invites()).toHaveLength(refusal === undefined ? 0 : 1);
  });

  it('goes on with the history that the call has', async () => {
    const before = `<sip:ivan@${D}>;index=1, <${BOB};cause=302>;index=1.1;mp=1`;
    await callBob({ busy: CAROL }, { headers: [['History-Info', before]] });
    await answer(nth(1), 486, 'bob');
    expect(headerValues(nth(2), 'History-Info')).toEqual([
      `<sip:ivan@${D}>;index=1`,
      `<${BOB};cause=302?Reason=SIP%3Bcause%3D486>;index=1.1;mp=1`,
      `<${CAROL};cause=486>;index=1.1.1;mp=1.1`,
    ]);
    await answer(nth(2), 200, 'carol');
  });

  it.each([
    ['the user who diverts', { unconditional: BOB }, []],
    [
      'a user who diverted the call before',
      { unconditional: CAROL },
      [['History-Info', `<${CAROL}>;index=1, <${BOB};cause=302>;index=1.1;mp=1`]],
    ],
  ] as const)('answers 482 when the target is %s', async (_what, forwarding, headers) => {
    await callBob(forwarding, { headers });
    expect(statuses()).toEqual([482]);
    expect(invites()).toEqual([]);
  });

  it('is for the S-CSCF to ask for', async () => {
    const invite = lab.isc({ service: 'forwarding', uri: BOB });
    expect((await lab.ask(invite, lab.stranger)).status).toBe(403);
  });
});
