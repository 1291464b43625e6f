import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CoreLab, D, SERVER_NAME } from '../../../test/kit/core-lab.ts';
import { cxAnswer, hssDown, hssSilent } from '../../../test/kit/direct-cx.ts';
import type { SipPeer } from '../../../test/kit/sip-peer.ts';
import { TestUe } from '../../../test/kit/test-ue.ts';
import type { ServerCapabilities } from '../../ports/cx-client.ts';
import { request, response } from '../../protocols/sip/build.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { header, headerValues } from '../../protocols/sip/read.ts';

const SECOND = `sip:scscf2.${D}:6060`;
const BOB = `sip:+15550001002@${D}`;

let lab: CoreLab;
let alice: TestUe;

beforeEach(async () => {
  lab = await CoreLab.start({ peers: ['scscf', 'scscf2'], scscfs: [{ uri: SECOND, capabilities: [1] }] });
  alice = new TestUe('Alice');
});

afterEach(() => lab.close());

const answering = (name: 'scscf' | 'scscf2'): SipPeer => {
  const peer = lab.peer(name);
  peer.onMessage = (message) => {
    if (message.kind === 'request' && message.method !== 'ACK') {
      peer.reply(message, response(message, 200, { toTag: name }));
    }
  };
  return peer;
};
const lia = (
  vendor: number,
  code: number,
  more: { serverName?: string; serverCapabilities?: ServerCapabilities } = {},
) => ({
  LIR: { ok: true as const, answer: { result: { vendor, code }, ...more } },
});
const invite = (uri = BOB, route = ''): SipRequest => alice.initial('INVITE', uri, [], { route });

describe('the answer to LIR decides where a request goes', () => {
  it('2001: to the Server-Name, as a loose route, with the Request-URI as it was', async () => {
    lab.icscfCx.answer(lia(0, 2001, { serverName: SERVER_NAME }));
    const scscf = answering('scscf');
    expect((await lab.ask('icscf', invite(BOB, `<sip:icscf.${D}:4060;transport=tcp;lr>`))).status).toBe(200);
    const arrived = scscf.last('INVITE');
    expect(arrived.uri).toBe(BOB);
    expect(headerValues(arrived, 'Route')).toEqual([`<sip:scscf.${D}:6060;lr>`]);
    expect(headerValues(arrived, 'Record-Route')).toHaveLength(1);
  });

  it('10415/2003 UNREGISTERED_SERVICE: to an S-CSCF with the capabilities', async () => {
    lab.icscfCx.answer(lia(10415, 2003, { serverCapabilities: { mandatory: [1], optional: [], serverNames: [] } }));
    answering('scscf2');
    expect((await lab.ask('icscf', invite())).status).toBe(200);
  });

  it.each([
    ['10415/5001 USER_UNKNOWN', cxAnswer(10415, 5001), 404, false],
    ['10415/5003 IDENTITY_NOT_REGISTERED', cxAnswer(10415, 5003), 480, false],
    ['5012 UNABLE_TO_COMPLY', cxAnswer(0, 5012), 480, true],
    ['2001 without a Server-Name', cxAnswer(0, 2001), 480, true],
    ['no answer', hssSilent, 480, true],
    ['no connection', hssDown, 480, true],
    [
      'capabilities that nobody has',
      lia(10415, 2003, { serverCapabilities: { mandatory: [9], optional: [], serverNames: [] } }).LIR,
      600,
      false,
    ],
  ] as const)('%s is answered with its status', async (_name, LIR, status, comeBack) => {
    lab.icscfCx.answer({ LIR });
    const refused = await lab.ask('icscf', invite());
    expect([refused.status, header(refused, 'Retry-After')]).toEqual([status, comeBack ? '10' : undefined]);
  });
});

describe('an S-CSCF that is silent', () => {
  const FIRST = { uri: SERVER_NAME, capabilities: [1] };
  const TWO = [FIRST, { uri: SECOND, capabilities: [1] }];
  const TIMER_B_MS = 32_000;

  /** The HSS says who serves the user, and with `again` what it answers to the question for capabilities. */
  async function served(again: object = {}): Promise<void> {
    await lab.close();
    lab = await CoreLab.start({ peers: ['scscf', 'scscf2'], scscfs: TWO });
    lab.icscfCx.answer({
      LIR: ({ userAuthorizationType }) =>
        userAuthorizationType === 2
          ? { ok: true, answer: { result: { vendor: 0, code: 2001 }, ...again } }
          : { ok: true, answer: { result: { vendor: 0, code: 2001 }, serverName: SERVER_NAME } },
    });
  }
  const asked = () => lab.icscfCx.lirs.map(({ userAuthorizationType }) => userAuthorizationType);
  /** Statuses that the caller got, without 100. */
  const heard = () => lab.pcscf.responses.map(({ status }) => status).filter((status) => status > 100);

  it.each(['INVITE', 'MESSAGE'])('gives way to another one when it cannot be reached (%s)', async (method) => {
    await served();
    await lab.peer('scscf').close();
    const other = answering('scscf2');
    expect((await lab.ask('icscf', alice.initial(method, BOB, [], { route: '' }))).status).toBe(200);
    expect(asked()).toEqual([undefined, 2]);
    expect(headerValues(other.last(method), 'Route')).toEqual([`<sip:scscf2.${D}:6060;lr>`]);
  });

  it('gives way when it says nothing to an INVITE', async () => {
    await served();
    answering('scscf2');
    await lab.send('icscf', invite());
    expect(heard()).toEqual([]);
    await lab.clock.advance(TIMER_B_MS);
    expect(heard()).toEqual([200]);
  });

  it('keeps an INVITE that it took, however long the called UE rings', async () => {
    await served();
    const scscf = lab.peer('scscf');
    scscf.onMessage = (message) => message.kind === 'request' && scscf.answer(message, 100);
    await lab.send('icscf', invite());
    await lab.clock.advance(2 * TIMER_B_MS);
    expect([heard(), asked()]).toEqual([[], [undefined]]);
  });

  it('is not to blame when another request than an INVITE is not answered', async () => {
    await served();
    await lab.send('icscf', alice.initial('MESSAGE', BOB, [], { route: '' }));
    await lab.clock.advance(2 * TIMER_B_MS);
    expect([heard(), asked()]).toEqual([[], [undefined]]);
  });

  it.each([
    [
      'the HSS asks for what no other one has',
      { serverCapabilities: { mandatory: [9], optional: [], serverNames: [] } },
    ],
    ['the HSS does not let another one take the user over', { serverName: SERVER_NAME }],
    ['the HSS refuses', { result: { vendor: 10415, code: 5001 } }],
  ])('is answered with 480 when %s', async (_name, again) => {
    await served(again);
    await lab.peer('scscf').close();
    answering('scscf2');
    expect((await lab.ask('icscf', invite())).status).toBe(480);
  });

  it('is answered with 480 when the other one is silent too', async () => {
    await served();
    await lab.peer('scscf').close();
    await lab.peer('scscf2').close();
    expect((await lab.ask('icscf', invite())).status).toBe(480);
  });

  it('gives way to the next one that has the capabilities, without another question to the HSS', async () => {
    await served();
    lab.icscfCx.answer(lia(10415, 2003, { serverCapabilities: { mandatory: [1], optional: [], serverNames: [] } }));
    await lab.peer('scscf').close();
    answering('scscf2');
    expect((await lab.ask('icscf', invite())).status).toBe(200);
    expect(asked()).toEqual([undefined]);
  });

  it('is not replaced for a caller who has cancelled', async () => {
    await served();
    answering('scscf2');
    const call = invite();
    await lab.send('icscf', call);
    await lab.send('icscf', cancelOf(call));
    await lab.clock.advance(TIMER_B_MS);
    expect(heard()).toEqual([200, 487]);
    expect(lab.peer('scscf2').received).toEqual([]);
  });
});

/** CANCEL has the Via of its INVITE. */
function cancelOf(call: SipRequest): SipRequest {
  const copied = ['Via', 'Max-Forwards', 'From', 'To', 'Call-ID'].map(
    (name) => [name, header(call, name) ?? ''] as const,
  );
  return request('CANCEL', call.uri, [...copied, ['CSeq', '1 CANCEL']]);
}

describe('LIR', () => {
  it.each([
    ['a SIP URI without port and parameters', `${BOB}:5060;x=y`, BOB],
    ['the tel URI of a number', 'tel:+1-555-000-1002', 'tel:+15550001002'],
    ['the tel URI of a SIP URI with user=phone', `${BOB};user=phone`, 'tel:+15550001002'],
    ['a bare name', `sip:bob@${D}`, `sip:bob@${D}`],
  ])('names %s', async (_name, uri, publicIdentity) => {
    lab.icscfCx.answer(lia(10415, 5001));
    await lab.ask('icscf', invite(uri));
    expect(lab.icscfCx.lirs).toEqual([{ publicIdentity }]);
  });

  it('asks for the user who makes the request when the own Route has orig; not registered is 404 then', async () => {
    lab.icscfCx.answer(lia(10415, 5003));
    const refused = await lab.ask('icscf', invite(BOB, `<sip:icscf.${D}:4060;transport=tcp;lr;orig>`));
    expect(refused.status).toBe(404);
    expect(lab.icscfCx.lirs).toEqual([{ publicIdentity: alice.impu, originatingRequest: true }]);
  });

  it('is not sent for a URI that is no identity', async () => {
    expect((await lab.ask('icscf', invite('urn:service:sos'))).status).toBe(404);
    expect(lab.icscfCx.lirs).toEqual([]);
  });
});

it('makes a charging vector when none came', async () => {
  lab.icscfCx.answer(lia(0, 2001, { serverName: SERVER_NAME }));
  const scscf = answering('scscf');
  const message = invite();
  await lab.ask('icscf', { ...message, headers: message.headers.filter((field) => field.key !== 'p-charging-vector') });
  expect(header(scscf.last('INVITE'), 'P-Charging-Vector')).toMatch(
    /^icid-value="[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/,
  );
});

it('answers nothing to an ACK', async () => {
  await lab.send('icscf', alice.initial('ACK', BOB, [], { route: '' }));
  expect(lab.pcscf.received).toEqual([]);
});
