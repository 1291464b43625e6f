import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CoreLab, D, SERVER_NAME, withBarred } from '../../../test/kit/core-lab.ts';
import { cxAnswer, hssDown } from '../../../test/kit/direct-cx.ts';
import { TestUe } from '../../../test/kit/test-ue.ts';
import { ServerAssignmentType } from '../../ports/cx-client.ts';
import { request, response } from '../../protocols/sip/build.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { bodyText, callId, contentType, header, headerValues } from '../../protocols/sip/read.ts';

const BOB = `sip:+15550001002@${D}`;
const ORIG = `<sip:orig@scscf.${D}:6060;transport=tcp;lr>`;
const TERM = `<sip:term@scscf.${D}:6060;transport=tcp;lr>`;

let lab: CoreLab;
let alice: TestUe;
let bob: TestUe;
/** Requests that reached the P-CSCF on their way to a UE. */
let arrived: SipRequest[];

/** The P-CSCF answers each request towards a UE; `undefined` leaves it unanswered. */
function ueAnswers(answer: (message: SipRequest) => SipResponse | undefined): void {
  lab.pcscf.onMessage = (message) => {
    if (message.kind !== 'request') return;
    arrived.push(message);
    const reply = message.method === 'ACK' ? undefined : answer(message);
    if (reply !== undefined) lab.pcscf.reply(message, reply);
  };
}

const ok = (message: SipRequest): SipResponse =>
  response(message, 200, {
    toTag: 'bob',
    headers: [
      ...headerValues(message, 'Record-Route').map((route) => ['Record-Route', route] as const),
      ['Contact', '<sip:bob@phone.invalid;transport=ws>'],
    ],
  });

beforeEach(async () => {
  lab = await CoreLab.start();
  alice = new TestUe('Alice');
  bob = new TestUe('Bob');
  await alice.registerAt(lab);
  await bob.registerAt(lab);
  arrived = [];
  ueAnswers(ok);
});

afterEach(async () => {
  expect(lab.errors).toEqual([]);
  await lab.close();
});

const call = (uri = BOB, headers: readonly (readonly [string, string])[] = []): Promise<SipResponse> =>
  lab.ask('scscf', alice.initial('INVITE', uri, headers));
const only = (): SipRequest => (arrived.length === 1 ? arrived[0] : undefined) ?? expect.fail(`${arrived.length} came`);

describe('a call from Alice to Bob', () => {
  it('goes P, S, I, LIR, S, P also when one S-CSCF serves both', async () => {
    const from = lab.trace.events.length;
    expect((await call()).status).toBe(200);
    const arrows = lab.trace.ladder().filter((line) => Number(line.split(' ')[0]) > from);
    expect(arrows.map((line) => line.replace(/^\d+ /, ''))).toEqual([
      'INVITE P-CSCF to S-CSCF',
      '100 S-CSCF to P-CSCF',
      'INVITE S-CSCF to I-CSCF',
      '100 I-CSCF to S-CSCF',
      'LIR I-CSCF to HSS',
      'LIA 2001 HSS to I-CSCF',
      'INVITE I-CSCF to S-CSCF',
      '100 S-CSCF to I-CSCF',
      'INVITE S-CSCF to P-CSCF',
      '200 P-CSCF to S-CSCF',
      '200 S-CSCF to I-CSCF',
      '200 I-CSCF to S-CSCF',
      '200 S-CSCF to P-CSCF',
    ]);
  });

  it("arrives at Bob's P-CSCF with the headers of both passes", async () => {
    await call();
    const invite = only();
    expect(invite.uri).toBe('sip:bob@phone.invalid;transport=ws');
    expect(headerValues(invite, 'Route')).toEqual([bob.path]);
    expect(header(invite, 'P-Called-Party-ID')).toBe(`<${BOB}>`);
    expect(headerValues(invite, 'Record-Route')).toEqual([TERM, ORIG, `<sip:pcscf.${D}:5060;transport=tcp;lr;r2=on>`]);
    expect(headerValues(invite, 'P-Asserted-Identity')).toEqual([`<${alice.impu}>`, `<${alice.number}>`]);
    expect(header(invite, 'P-Charging-Vector')).toBe(`icid-value="icid-call";orig-ioi="Type 1${D}"`);
    expect(header(invite, 'Max-Forwards')).toBe('66');
  });

  it('carries type 2 IOI between the networks and none of the P-CSCF', async () => {
    await call();
    const between = lab.network.packets.filter((packet) => packet.text.startsWith('INVITE') && packet.to.port === 4060);
    expect(between.map((packet) => /^P-Charging-Vector: (.*)\r$/m.exec(packet.text)?.[1])).toEqual([
      `icid-value="icid-call";orig-ioi="${D}"`,
    ]);
  });

  it('is answered with the identity of Bob and the charging parameters of both networks', async () => {
    const answer = await call();
    expect(headerValues(answer, 'P-Asserted-Identity')).toEqual([`<${bob.impu}>`, `<${bob.number}>`]);
    expect(header(answer, 'P-Charging-Vector')).toBe(
      `icid-value="icid-call";orig-ioi="Type 1${D}";term-ioi="Type 1${D}"`,
    );
  });

  it('keeps the identity that Bob asserts when it is his, and not when it is not', async () => {
    for (const [asserted, shown] of [
      [`<sip:bob@${D}>`, `<sip:bob@${D}>`],
      [`<${alice.impu}>`, `<${bob.impu}>`],
    ] as const) {
      ueAnswers((message) => {
        const answer = ok(message);
        return response(message, 200, {
          toTag: 'bob',
          headers: [...recordRoutes(answer), ['P-Asserted-Identity', asserted]],
        });
      });
      expect(headerValues(await call(), 'P-Asserted-Identity')[0]).toBe(shown);
    }
  });

  it.each([
    ['his number as tel URI', 'tel:+15550001002'],
    ['his number with user=phone', `${BOB};user=phone`],
    ['his name', `sip:bob@${D}`],
    ['his IMSI identity', `sip:001010000000002@${D}`],
  ])('finds Bob by %s', async (_name, uri) => {
    expect((await call(uri)).status).toBe(200);
    expect(header(only(), 'P-Called-Party-ID')).toBe(`<${uri}>`);
  });

  it('passes provisional and final answers of Bob', async () => {
    for (const status of [486, 603, 404]) {
      ueAnswers((message) => response(message, status, { toTag: 'bob' }));
      expect((await call()).status).toBe(status);
    }
    ueAnswers((message) => response(message, 180, { toTag: 'bob' }));
    await lab.send('scscf', alice.initial('INVITE', BOB));
    const ringing = lab.pcscf.responses.findLast((each) => each.status === 180);
    expect(ringing && headerValues(ringing, 'P-Asserted-Identity')[0]).toBe(`<${bob.impu}>`);
  });

  it.each(['MESSAGE', 'OPTIONS', 'SUBSCRIBE', 'REFER'])('as %s goes the same way', async (method) => {
    expect((await lab.ask('scscf', alice.initial(method, BOB))).status).toBe(200);
    const recorded = headerValues(only(), 'Record-Route').filter((route) => route.includes('scscf'));
    expect(recorded).toEqual(method === 'SUBSCRIBE' || method === 'REFER' ? [TERM, ORIG] : []);
  });

  it('ends on the way that it came: ACK and BYE follow both Record-Routes', async () => {
    const invite = alice.initial('INVITE', BOB);
    const answer = await lab.ask('scscf', invite);
    arrived = [];
    for (const method of ['ACK', 'BYE'] as const) {
      await lab.send('scscf', inDialog(method, answer, invite));
    }
    expect(arrived.map((message) => message.method)).toEqual(['ACK', 'BYE']);
    for (const message of arrived) {
      expect(message.uri).toBe('sip:bob@phone.invalid;transport=ws');
      expect(headerValues(message, 'Route')).toEqual([`<sip:pcscf.${D}:5060;transport=tcp;lr>`]);
    }
    const bye = arrived[1] ?? expect.fail('a BYE came');
    expect(header(bye, 'P-Charging-Vector')).toBe(`icid-value="icid-call";orig-ioi="Type 1${D}"`);
    expect(lab.pcscf.responses.at(-1)?.status).toBe(200);
  });

  it('is cancelled on the whole way', async () => {
    ueAnswers((message) => (message.method === 'INVITE' ? response(message, 180, { toTag: 'bob' }) : ok(message)));
    const invite = alice.initial('INVITE', BOB);
    await lab.send('scscf', invite);
    await lab.send('scscf', {
      ...invite,
      method: 'CANCEL',
      headers: invite.headers
        .filter((field) => ['via', 'from', 'to', 'call-id', 'cseq', 'max-forwards', 'route'].includes(field.key))
        .map((field) => (field.key === 'cseq' ? { ...field, value: '1 CANCEL' } : field)),
    });
    expect(arrived.map((message) => message.method)).toEqual(['INVITE', 'CANCEL']);
  });
});

describe('who may call', () => {
  it.each([
    ['nobody is asserted', { identity: '' }, 403],
    ['the Service-Route is of another user', { identity: `sip:+15550001002@${D}` }, 403],
    ['a user who is not registered is asserted', { identity: `sip:+15550001003@${D}` }, 504],
  ])('when %s', async (_name, options, status) => {
    const refused = await lab.ask('scscf', alice.initial('INVITE', BOB, [], options));
    expect(refused.status).toBe(status);
    expect(arrived).toEqual([]);
  });

  it('when the sender is outside the trust domain: 403', async () => {
    expect((await lab.ask('scscf', alice.initial('INVITE', BOB), 'stranger')).status).toBe(403);
  });

  it('when the asserted identity is barred: 403', async () => {
    const barring = await CoreLab.start({ subscribers: withBarred('Alice', (uri) => uri === `sip:alice@${D}`) });
    const caller = new TestUe('Alice');
    await caller.registerAt(barring);
    const refused = await barring.ask('scscf', caller.initial('INVITE', BOB, [], { identity: `sip:alice@${D}` }));
    expect(refused.status).toBe(403);
    await barring.close();
  });

  it('when the S-CSCF lost its data: 504 tells the UE to register anew', async () => {
    await lab.restartScscf();
    const lost = await call();
    expect(lost.status).toBe(504);
    expect(contentType(lost)).toBe('application/3gpp-ims+xml');
    expect(bodyText(lost)).toContain(
      '<ims-3gpp version="1"><alternative-service><type>restoration</type><reason/><action>initial-registration</action></alternative-service></ims-3gpp>',
    );
    expect(header(lost, 'P-Asserted-Identity')).toBe(alice.serviceRoute);
  });
});

describe('who can be called', () => {
  it.each([
    ['a number of nobody', 'tel:+15550009999', 404],
    ['a name of nobody', `sip:nobody@${D}`, 404],
    ['a user who is not registered', `sip:carol@${D}`, 480],
    ['a local number', 'tel:5550001002;phone-context=x', 484],
    ['a local number in a SIP URI', `sip:1002@${D};user=phone`, 484],
    ['another domain', 'sip:bob@example.org', 404],
  ])('%s', async (_name, uri, status) => {
    expect((await call(uri)).status).toBe(status);
  });

  it('nobody while the HSS is away: 480 with Retry-After', async () => {
    lab.icscfCx.answer({ LIR: hssDown });
    const refused = await call();
    expect([refused.status, header(refused, 'Retry-After')]).toEqual([480, '10']);
  });

  it('not an identity that is barred: 404', async () => {
    const barring = await CoreLab.start({ subscribers: withBarred('Bob', (uri) => uri === `sip:bob@${D}`) });
    const caller = new TestUe('Alice');
    await caller.registerAt(barring);
    await new TestUe('Bob').registerAt(barring);
    expect((await barring.ask('scscf', caller.initial('INVITE', `sip:bob@${D}`))).status).toBe(404);
    await barring.close();
  });
});

describe('a call to a user whose registration was lost', () => {
  const terminating = (): Promise<SipResponse> =>
    lab.ask('scscf', alice.initial('INVITE', BOB, [], { route: `<sip:scscf.${D}:6060;transport=tcp;lr>` }));

  it('asks the HSS with SAR UNREGISTERED_USER, then answers 480', async () => {
    await lab.restartScscf();
    const before = lab.scscfCx.sars.length;
    const refused = await terminating();
    expect([refused.status, header(refused, 'Retry-After')]).toEqual([480, undefined]);
    expect(lab.scscfCx.sars.slice(before)).toEqual([
      {
        publicIdentities: [BOB],
        serverName: SERVER_NAME,
        serverAssignmentType: ServerAssignmentType.UNREGISTERED_USER,
        userDataAlreadyAvailable: false,
      },
    ]);
  });

  it.each([
    ['10415/5001: nobody has this identity', cxAnswer(10415, 5001), 404, undefined],
    ['10415/5005: another S-CSCF serves the user', cxAnswer(10415, 5005), 480, undefined],
    ['no answer', hssDown, 480, '10'],
  ] as const)('SAA %s', async (_name, SAR, status, retryAfter) => {
    await lab.restartScscf();
    lab.scscfCx.answer({ SAR });
    const refused = await terminating();
    expect([refused.status, header(refused, 'Retry-After')]).toEqual([status, retryAfter]);
  });

  it('of whom the called identity is barred answers 404', async () => {
    const barring = await CoreLab.start({ subscribers: withBarred('Bob', (uri) => uri === `sip:bob@${D}`) });
    const message = alice.initial('INVITE', `sip:bob@${D}`, [], { route: `<sip:scscf.${D}:6060;transport=tcp;lr>` });
    expect((await barring.ask('scscf', message)).status).toBe(404);
    await barring.close();
  });
});

function recordRoutes(message: SipResponse): (readonly [string, string])[] {
  return headerValues(message, 'Record-Route').map((route) => ['Record-Route', route] as const);
}

/** A request of Alice within the dialog that the answer made. */
function inDialog(method: string, answer: SipResponse, invite: SipRequest): SipRequest {
  const routeSet = headerValues(answer, 'Record-Route').toReversed().slice(1);
  return request(method, 'sip:bob@phone.invalid;transport=ws', [
    ['Via', alice.via()],
    ['Max-Forwards', '69'],
    ...routeSet.map((route) => ['Route', route] as const),
    ['Route', `<sip:pcscf.${D}:5060;transport=tcp;lr>`],
    ['From', header(invite, 'From') ?? ''],
    ['To', header(answer, 'To') ?? ''],
    ['Call-ID', callId(invite)],
    ['CSeq', `${method === 'ACK' ? 1 : 2} ${method}`],
    ['P-Charging-Vector', `icid-value="icid-call";orig-ioi="Type 1${D}"`],
  ]);
}
