import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BoxName, CoreLab, D, tcpHop } from '../../../test/kit/core-lab.ts';
import { cxAnswer, hssDown } from '../../../test/kit/direct-cx.ts';
import { criterion, method, sessionCase, setServices } from '../../../test/kit/filter-criterion.ts';
import {
  type AsBehaviour,
  actsAsB2bua,
  answers,
  proxies,
  retargets,
  ringsThen,
  ScriptedAs,
} from '../../../test/kit/scripted-as.ts';
import { SipPeer } from '../../../test/kit/sip-peer.ts';
import { TestUe } from '../../../test/kit/test-ue.ts';
import { ServerAssignmentType } from '../../ports/cx-client.ts';
import { DeregistrationReason } from '../../ports/cx-push.ts';
import type { InitialFilterCriterion } from '../../ports/service-profile.ts';
import { request, response } from '../../protocols/sip/build.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { header, headerValues } from '../../protocols/sip/read.ts';
import { userDataOf } from '../hss/user-data.ts';
import {
  APPLICATION_SERVER_ANSWER_MS,
  MAX_CHAINED_APPLICATION_SERVERS,
  ORIGINAL_DIALOG_LIFETIME_MS,
  UNREGISTERED_USER_LIFETIME_MS,
} from './config.ts';

const BOB = `sip:+15550001002@${D}`;
const CAROL = `sip:+15550001003@${D}`;
const ODI = `<sip:odi-[0-9a-f]{24}@scscf\\.${D}:6060;transport=tcp;lr>`;
const AS_ROUTE = `<sip:as.${D}:5080;lr>`;
const [ORIG, TERM] = ['ORIGINATING_REGISTERED', 'TERMINATING_REGISTERED'] as const;
const UNREGISTERED = 'TERMINATING_UNREGISTERED';

let lab: CoreLab;
let alice: TestUe;
let bob: TestUe;
let closing: { close(): Promise<void> }[];
/** Requests that reached the P-CSCF on their way to a UE. */
let arrived: SipRequest[];

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
  closing = [];
  arrived = [];
  lab.pcscf.onMessage = (message) => {
    if (message.kind !== 'request') return;
    arrived.push(message);
    if (message.method !== 'ACK') lab.pcscf.reply(message, ok(message));
  };
});

afterEach(async () => {
  expect(lab.errors).toEqual([]);
  for (const each of closing) await each.close();
  await lab.close();
});

async function startAs(behaviour: AsBehaviour, name: 'as' | 'as2' = 'as'): Promise<ScriptedAs> {
  const as = await ScriptedAs.start(lab, behaviour, name);
  closing.push(as);
  return as;
}

async function startSilentAs(): Promise<SipPeer> {
  const as = await SipPeer.start(lab.network.node([tcpHop('as')]));
  closing.push(as);
  return as;
}

/** Registers both, with services of each. */
async function register(services: { Alice?: InitialFilterCriterion[]; Bob?: InitialFilterCriterion[] } = {}) {
  await setServices(lab, 'Alice', services.Alice ?? []);
  await setServices(lab, 'Bob', services.Bob ?? []);
  await alice.registerAt(lab);
  await bob.registerAt(lab);
}

/** Alice calls; the final response, after as much time as a long chain of servers takes. */
async function call(uri = BOB): Promise<SipResponse> {
  const before = lab.pcscf.responses.length;
  await lab.send('scscf', alice.initial('INVITE', uri));
  await lab.clock.advance(1_000);
  const final = lab.pcscf.responses.slice(before).find(({ status }) => status >= 200);
  return final ?? expect.fail(`no final response, but ${lab.pcscf.log.join(' ')}`);
}
const only = (): SipRequest => (arrived.length === 1 ? arrived[0] : undefined) ?? expect.fail(`${arrived.length} came`);
const notes = (code: string): string[] =>
  lab.trace.events.flatMap((event) => (event.kind === 'note' && event.note.code === code ? [event.note.text] : []));
const recordRoutes = (message: SipRequest): string[] =>
  headerValues(message, 'Record-Route').map(
    (route) => /<sip:(?:([^@]*)@)?([a-z0-9]*)/.exec(route)?.slice(1, 3).join(' ') ?? '',
  );
const vector = (message: SipRequest): string => header(message, 'P-Charging-Vector') ?? '';

describe("the caller's application server", () => {
  it('gets the request with the way back, the served user and a type 3 IOI', async () => {
    const as = await startAs(proxies());
    await register({ Alice: [criterion([method('INVITE'), sessionCase(ORIG)])] });
    expect((await call()).status).toBe(200);
    const [server, back] = headerValues(as.request, 'Route');
    expect(server).toBe(AS_ROUTE);
    expect(back).toMatch(new RegExp(`^${ODI}$`));
    expect(as.request.uri).toBe(BOB);
    expect(header(as.request, 'P-Served-User')).toBe(`<${alice.impu}>;sescase=orig;regstate=reg`);
    expect(vector(as.request)).toBe(`icid-value="icid-call";orig-ioi="Type 3${D}"`);
    expect(recordRoutes(as.request)).toEqual(['orig.pcscf-as scscf', ' pcscf']);
  });

  it('returns it, and the call goes on as if the server had not been there', async () => {
    await startAs(proxies());
    await register({ Alice: [criterion([method('INVITE'), sessionCase(ORIG)])] });
    await call();
    expect(header(only(), 'P-Served-User')).toBeUndefined();
    expect(vector(only())).toBe(`icid-value="icid-call";orig-ioi="Type 1${D}"`);
    expect(headerValues(only(), 'P-Asserted-Identity')).toEqual([`<${alice.impu}>`, `<${alice.number}>`]);
    expect(recordRoutes(only())).toEqual(['term scscf', 'orig.as-core scscf', 'orig.pcscf-as scscf', ' pcscf']);
  });

  it('answers with the IOI that each side asked with', async () => {
    await startAs(proxies());
    await register({ Alice: [criterion([])] });
    const answer = await call();
    expect(header(answer, 'P-Charging-Vector')).toBe(
      `icid-value="icid-call";orig-ioi="Type 1${D}";term-ioi="Type 1${D}"`,
    );
    const toAs = lab.network.packets.filter(
      ({ to, text }) => to.host === tcpHop('as').host && text.includes(' 200 OK'),
    );
    expect(toAs.map(({ text }) => /^P-Charging-Vector: (.*)\r$/m.exec(text)?.[1])).toEqual([
      `icid-value="icid-call";orig-ioi="Type 3${D}";term-ioi="Type 3${D}"`,
    ]);
  });

  it('stays on the path of the dialog when it wants, each pass with the IOI of its side', async () => {
    await startAs(proxies({ record: true }));
    await register({ Alice: [criterion([method('INVITE')])] });
    const answer = await call();
    const routes = headerValues(answer, 'Record-Route').toReversed().slice(1);
    const bye = request('BYE', `sip:bob@pcscf.${D}:5060;transport=tcp`, [
      ['Via', alice.via()],
      ['Max-Forwards', '69'],
      ...routes.map((route) => ['Route', route] as const),
      ['From', header(answer, 'From') ?? ''],
      ['To', header(answer, 'To') ?? ''],
      ['Call-ID', header(answer, 'Call-ID') ?? ''],
      ['CSeq', '2 BYE'],
      ['P-Charging-Vector', `icid-value="icid-call";orig-ioi="Type 1${D}"`],
    ]);
    lab.network.packets.splice(0);
    expect((await lab.ask('scscf', bye)).status).toBe(200);
    const byes = lab.network.packets.filter(({ text }) => text.startsWith('BYE')).slice(1);
    expect(byes.map(({ to, text }) => [to.port, /orig-ioi="(.*)"/.exec(text)?.[1]])).toEqual([
      [5080, `Type 3${D}`],
      [6060, `Type 3${D}`],
      [6060, D],
      [5060, `Type 1${D}`],
    ]);
  });

  it('is not asked about requests within a dialog', async () => {
    const as = await startAs(proxies());
    await register({ Alice: [criterion([])] });
    const answer = await call();
    const within = request('UPDATE', `sip:bob@pcscf.${D}:5060;transport=tcp`, [
      ['Via', alice.via()],
      ['Max-Forwards', '69'],
      ...headerValues(answer, 'Record-Route')
        .toReversed()
        .slice(1)
        .map((route) => ['Route', route] as const),
      ['From', header(answer, 'From') ?? ''],
      ['To', header(answer, 'To') ?? ''],
      ['Call-ID', header(answer, 'Call-ID') ?? ''],
      ['CSeq', '2 UPDATE'],
    ]);
    expect((await lab.ask('scscf', within)).status).toBe(200);
    expect(as.requests.map(({ method: name }) => name)).toEqual(['REGISTER', 'INVITE']);
  });

  it.each([403, 486, 603, 302])('may refuse with %i', async (status) => {
    await startAs(answers(status, status === 302 ? [['Contact', `<${CAROL}>`]] : []));
    await register({ Alice: [criterion([method('INVITE')], { handling: 'SESSION_TERMINATED' })] });
    const answer = await call();
    expect(answer.status).toBe(status);
    expect(header(answer, 'Contact')).toBe(status === 302 ? `<${CAROL}>` : undefined);
    expect(arrived).toEqual([]);
  });

  it('may send the call elsewhere, since a caller has no target of its own', async () => {
    const as = await startAs(retargets(BOB));
    await register({ Alice: [criterion([method('INVITE'), sessionCase(ORIG)])] });
    expect((await call(`sip:voicemail@${D}`)).status).toBe(200);
    expect(header(only(), 'P-Called-Party-ID')).toBe(`<${BOB}>`);
    expect(as.requests).toHaveLength(1);
  });

  it('sees as asserted the service that the UE prefers', async () => {
    const as = await startAs(proxies());
    const service = 'urn:urn-7:3gpp-service.ims.icsi.mmtel';
    await register({
      Alice: [criterion([{ kind: 'SIPHeader', header: 'P-Asserted-Service', content: `^${service}$` }])],
    });
    await lab.ask('scscf', alice.initial('INVITE', BOB, [['P-Preferred-Service', service]]));
    expect(header(as.request, 'P-Asserted-Service')).toBe(service);
    expect(header(as.request, 'P-Preferred-Service')).toBeUndefined();
  });

  it('may say the way of the request itself', async () => {
    const elsewhere = await startAs(answers(200), 'as2');
    await startAs(async (as, incoming) => {
      const edit = as.edit(incoming);
      edit.append('Route', `<${elsewhere.uri};lr>`, 'the way');
      await as.stack.forward(incoming, [{ request: edit.done() }]);
    });
    await register({ Alice: [criterion([method('INVITE')])] });
    expect((await call('sip:somebody@elsewhere.example')).status).toBe(200);
    expect(elsewhere.request.uri).toBe('sip:somebody@elsewhere.example');
  });
});

describe("the called user's application server", () => {
  it('is asked before the contacts of the user', async () => {
    const as = await startAs(proxies());
    await register({ Bob: [criterion([method('INVITE'), sessionCase(TERM)])] });
    expect((await call()).status).toBe(200);
    expect(header(as.request, 'P-Served-User')).toBe(`<${BOB}>;sescase=term;regstate=reg`);
    expect(as.request.uri).toBe(BOB);
    expect(only().uri).toBe('sip:bob@phone.invalid;transport=ws');
    expect(header(only(), 'P-Called-Party-ID')).toBe(`<${BOB}>`);
    expect(header(only(), 'P-Served-User')).toBeUndefined();
    expect(vector(only())).toBe(`icid-value="icid-call";orig-ioi="Type 1${D}"`);
    expect(recordRoutes(only())).toEqual(['term.as-pcscf scscf', 'term.core-as scscf', 'orig scscf', ' pcscf']);
  });

  it('may answer in place of the user', async () => {
    await startAs(answers(200));
    await register({ Bob: [criterion([sessionCase(TERM)])] });
    expect((await call()).status).toBe(200);
    expect(arrived).toEqual([]);
  });

  it('may send the caller elsewhere', async () => {
    await startAs(answers(302, [['Contact', `<${CAROL}>`]]));
    await register({ Bob: [criterion([sessionCase(TERM)])] });
    const answer = await call();
    expect([answer.status, header(answer, 'Contact')]).toEqual([302, `<${CAROL}>`]);
    expect(arrived).toEqual([]);
  });

  it('may make a call of its own behind which the session keeps its ICID', async () => {
    await startAs(actsAsB2bua);
    await register({ Bob: [criterion([method('INVITE'), sessionCase(TERM)])] });
    expect((await call()).status).toBe(200);
    expect(header(only(), 'Call-ID')).toMatch(/^b2bua-/);
    expect(vector(only())).toContain('icid-value="icid-call"');
    expect(header(only(), 'P-Called-Party-ID')).toBe(`<${BOB}>`);
  });

  it('is reached over UDP when its name says so, and needs no TCP to give the request back', async () => {
    await startAs(proxies({ record: true, transport: 'udp' }));
    await register({ Bob: [criterion([], { server: `sip:as.${D}:5080;transport=udp` })] });
    lab.network.packets.splice(0);
    const answer = await call();
    expect(answer.status).toBe(200);
    const ofAs = lab.network.packets.filter(({ from, to }) => [from.host, to.host].includes(tcpHop('as').host));
    expect(new Set(ofAs.map(({ to }) => to.transport))).toEqual(new Set(['UDP']));
    const bye = request('BYE', `sip:bob@pcscf.${D}:5060;transport=tcp`, [
      ['Via', alice.via()],
      ['Max-Forwards', '69'],
      ...headerValues(answer, 'Record-Route')
        .toReversed()
        .slice(1)
        .map((route) => ['Route', route] as const),
      ['From', header(answer, 'From') ?? ''],
      ['To', header(answer, 'To') ?? ''],
      ['Call-ID', header(answer, 'Call-ID') ?? ''],
      ['CSeq', '2 BYE'],
    ]);
    expect((await lab.ask('scscf', bye)).status).toBe(200);
  });

  it('sees every request that begins something', async () => {
    const as = await startAs(proxies());
    await register({ Bob: [criterion([sessionCase(TERM)])] });
    for (const name of ['MESSAGE', 'OPTIONS', 'SUBSCRIBE', 'REFER']) {
      expect((await lab.ask('scscf', alice.initial(name, BOB))).status).toBe(200);
    }
    expect(as.requests.map(({ method: name }) => name)).toEqual(['MESSAGE', 'OPTIONS', 'SUBSCRIBE', 'REFER']);
  });
});

describe('several application servers', () => {
  it('are asked one after the other, the caller and the called user each theirs', async () => {
    const order: string[] = [];
    const notes =
      (name: string): AsBehaviour =>
      async (as, incoming) => {
        order.push(`${name} ${header(incoming.message, 'P-Served-User')?.replace(/.*sescase=(\w+).*/, '$1')}`);
        await proxies()(as, incoming);
      };
    await startAs(notes('as'));
    await startAs(notes('as2'), 'as2');
    const both = [
      criterion([method('INVITE')], { priority: 30 }),
      criterion([method('INVITE')], { priority: 4, server: `sip:as2.${D}:5080` }),
    ];
    await register({ Alice: both, Bob: both });
    expect((await call()).status).toBe(200);
    expect(order).toEqual(['as2 orig', 'as orig', 'as2 term', 'as term']);
    expect(recordRoutes(only())).toEqual([
      'term.as-pcscf scscf',
      'term.as-as scscf',
      'term.core-as scscf',
      'orig.as-core scscf',
      'orig.as-as scscf',
      'orig.pcscf-as scscf',
      ' pcscf',
    ]);
  });

  it('each see the request as the one before left it', async () => {
    await startAs(async (as, incoming) => {
      const edit = as.edit(incoming).append('Priority', 'urgent', 'marked');
      await as.stack.forward(incoming, [{ request: edit.done() }]);
    });
    const second = await startAs(proxies(), 'as2');
    await register({
      Alice: [
        criterion([method('INVITE')], { priority: 1 }),
        criterion([{ kind: 'SIPHeader', header: 'Priority', content: '^urgent$' }], {
          priority: 2,
          server: `sip:as2.${D}:5080`,
        }),
      ],
    });
    await call();
    expect(second.requests).toHaveLength(1);
  });

  it('are no more than the limit', async () => {
    const as = await startAs(proxies());
    const many = Array.from({ length: MAX_CHAINED_APPLICATION_SERVERS + 1 }, (_, priority) =>
      criterion([method('INVITE')], { priority }),
    );
    await register({ Alice: many });
    expect((await call()).status).toBe(403);
    expect(as.requests).toHaveLength(MAX_CHAINED_APPLICATION_SERVERS);
  });
});

describe('default handling', () => {
  const cases = (handling: 'SESSION_CONTINUED' | 'SESSION_TERMINATED') => [
    criterion([method('INVITE'), sessionCase(TERM)], { handling }),
  ];

  it.each([500, 503, 504, 408])('goes on without a server that answers %i', async (status) => {
    await startAs(answers(status));
    await register({ Bob: cases('SESSION_CONTINUED') });
    expect((await call()).status).toBe(200);
    expect(recordRoutes(only())).toEqual(['term scscf', 'orig scscf', ' pcscf']);
    expect(header(only(), 'P-Served-User')).toBeUndefined();
    expect(notes('ISC_DEFAULT_HANDLING')).toEqual([
      `sip:as.${D}:5080 fails, it answers ${status}: the session goes on without it (SESSION_CONTINUED, TS 24.229 5.4.3.2)`,
    ]);
  });

  it.each([
    [500, 500],
    [504, 504],
    [408, 408],
    // A proxy does not pass a 503 on: it would speak of its own load (RFC 3261 §16.7 step 6).
    [503, 500],
  ])('ends the session with what a needed server answered: %i as %i', async (status, seen) => {
    await startAs(answers(status));
    await register({ Bob: cases('SESSION_TERMINATED') });
    expect((await call()).status).toBe(seen);
    expect(arrived).toEqual([]);
    expect(notes('ISC_DEFAULT_HANDLING')[0]).toContain('the session ends');
  });

  it('waits for a silent server as long as it is told, then goes on without it', async () => {
    const as = await startSilentAs();
    await register({ Bob: cases('SESSION_CONTINUED') });
    await lab.send('scscf', alice.initial('INVITE', BOB));
    await lab.clock.advance(APPLICATION_SERVER_ANSWER_MS - 200);
    expect(arrived).toEqual([]);
    await lab.clock.advance(400);
    expect(as.log).toContain('INVITE');
    expect(only().uri).toBe('sip:bob@phone.invalid;transport=ws');
    expect(lab.pcscf.responses.at(-1)?.status).toBe(200);
  });

  it('does not take the request back from a server that wakes up too late', async () => {
    const as = await startSilentAs();
    await register({ Bob: cases('SESSION_CONTINUED') });
    await lab.send('scscf', alice.initial('INVITE', BOB));
    await lab.clock.advance(APPLICATION_SERVER_ANSWER_MS + 200);
    expect(arrived).toHaveLength(1);
    const invite = as.last('INVITE');
    const late = request('INVITE', BOB, [
      ['Via', `SIP/2.0/TCP as.${D}:5080;branch=z9hG4bKlate`],
      ['Max-Forwards', '60'],
      ['Route', headerValues(invite, 'Route')[1] ?? ''],
      ...['From', 'To', 'Call-ID', 'CSeq'].map((name) => [name, header(invite, name) ?? ''] as const),
    ]);
    await as.sendTo(tcpHop('scscf'), late);
    await lab.settle();
    expect(as.responses.at(-1)?.status).toBe(403);
    expect(arrived).toHaveLength(1);
  });

  it('ends the session with 408 when a needed server is silent', async () => {
    await startSilentAs();
    await register({ Bob: cases('SESSION_TERMINATED') });
    await lab.send('scscf', alice.initial('INVITE', BOB));
    await lab.clock.advance(APPLICATION_SERVER_ANSWER_MS + 200);
    expect(lab.pcscf.responses.at(-1)?.status).toBe(408);
    expect(arrived).toEqual([]);
  });

  it('waits longer once a server says 100', async () => {
    const as = await startSilentAs();
    as.onMessage = (message) => message.kind === 'request' && as.answer(message, 100);
    await register({ Bob: cases('SESSION_CONTINUED') });
    await lab.send('scscf', alice.initial('INVITE', BOB));
    await lab.clock.advance(4 * APPLICATION_SERVER_ANSWER_MS);
    expect(arrived).toEqual([]);
    as.answer(as.last('INVITE'), 503);
    await lab.settle();
    expect(arrived).toHaveLength(1);
  });

  it('does not wait for a server that can not be reached', async () => {
    await register({ Bob: cases('SESSION_CONTINUED') });
    expect((await call()).status).toBe(200);
  });

  it('leaves the decision to a server that has said more than 100', async () => {
    await startAs(ringsThen(answers(500)));
    await register({ Bob: cases('SESSION_CONTINUED') });
    expect((await call()).status).toBe(500);
    expect(arrived).toEqual([]);
    expect(notes('ISC_DEFAULT_HANDLING')).toEqual([]);
  });

  it.each([
    ['SESSION_CONTINUED', 200],
    ['SESSION_TERMINATED', 480],
  ] as const)('with %s answers %i when the name of the server is no SIP URI', async (handling, status) => {
    await register({ Bob: [criterion([], { server: 'as without scheme', handling })] });
    expect((await call()).status).toBe(status);
  });

  it('leaves alone an error of the other side, when the server has given the request back', async () => {
    await startAs(proxies());
    await register({ Bob: cases('SESSION_CONTINUED') });
    lab.pcscf.onMessage = (message) => {
      if (message.kind !== 'request') return;
      arrived.push(message);
      if (message.method !== 'ACK') lab.pcscf.reply(message, response(message, 500, { toTag: 'bob' }));
    };
    expect((await call()).status).toBe(500);
    expect(arrived.filter(({ method: name }) => name === 'INVITE')).toHaveLength(1);
    expect(notes('ISC_DEFAULT_HANDLING')).toEqual([]);
  });

  it('goes on with the next server', async () => {
    await startAs(answers(500));
    const second = await startAs(proxies(), 'as2');
    await register({
      Bob: [
        criterion([method('INVITE')], { priority: 1 }),
        criterion([method('INVITE')], { priority: 2, server: `sip:as2.${D}:5080` }),
      ],
    });
    expect((await call()).status).toBe(200);
    expect(second.requests).toHaveLength(1);
  });

  it('answers 487 when the caller gives up while the server is silent', async () => {
    await startSilentAs();
    await register({ Bob: cases('SESSION_CONTINUED') });
    const invite = alice.initial('INVITE', BOB);
    await lab.send('scscf', invite);
    const headers = ['Via', 'Max-Forwards', 'Route', 'From', 'To', 'Call-ID'].flatMap((name) =>
      headerValues(invite, name).map((value) => [name, value] as const),
    );
    await lab.send('scscf', request('CANCEL', BOB, [...headers, ['CSeq', '1 CANCEL']]));
    await lab.clock.advance(APPLICATION_SERVER_ANSWER_MS);
    expect(lab.pcscf.log.filter((each) => each !== '401')).toContain('487');
    expect(arrived).toEqual([]);
  });
});

describe('retargeting by the called user', () => {
  it('makes the call to the new target one of the called user, with its history', async () => {
    const history = [`<${BOB}>;index=1`, `<${CAROL};cause=302>;index=1.1;mp=1`];
    const as = await startAs(retargets(`${CAROL};cause=302`, history));
    const carol = new TestUe('Carol');
    await carol.registerAt(lab);
    await register({ Bob: [criterion([method('INVITE'), sessionCase(TERM)])] });
    expect((await call()).status).toBe(200);
    expect(as.requests).toHaveLength(1);
    expect(only().uri).toBe('sip:carol@phone.invalid;transport=ws');
    expect(headerValues(only(), 'History-Info')).toEqual(history);
    expect(headerValues(only(), 'P-Asserted-Identity')[0]).toBe(`<${alice.impu}>`);
    expect(headerValues(only(), 'P-Asserted-Identity').join()).not.toContain('5550001002');
    expect(recordRoutes(only())).toEqual([
      'term scscf',
      'orig.as-core scscf',
      'term.core-as scscf',
      'orig scscf',
      ' pcscf',
    ]);
  });

  it('meets the services that the called user has for diverted calls', async () => {
    await startAs(retargets(CAROL));
    const diverting = await startAs(proxies(), 'as2');
    await new TestUe('Carol').registerAt(lab);
    await register({
      Bob: [
        criterion([method('INVITE'), sessionCase(TERM)], { priority: 1 }),
        criterion([sessionCase('ORIGINATING_CDIV')], { priority: 0, server: `sip:as2.${D}:5080` }),
      ],
    });
    expect((await call()).status).toBe(200);
    expect(header(diverting.request, 'P-Served-User')).toBe(`<${BOB}>;orig-cdiv`);
  });

  it('is none when only a parameter or the kind of URI changes', async () => {
    const as = await startAs(retargets(`${BOB};cause=302`));
    await register({ Bob: [criterion([method('INVITE'), sessionCase(TERM)])] });
    expect((await call()).status).toBe(200);
    expect(only().uri).toBe('sip:bob@phone.invalid;transport=ws');
    expect(as.requests).toHaveLength(1);
  });

  it('ends in circles', async () => {
    const as = await startAs(async (self, incoming) => {
      const other = incoming.message.uri === BOB ? CAROL : BOB;
      await retargets(other)(self, incoming);
    });
    const carol = new TestUe('Carol');
    const both = [criterion([method('INVITE')])];
    await setServices(lab, 'Carol', both);
    await carol.registerAt(lab);
    await register({ Bob: both });
    await lab.send('scscf', alice.initial('INVITE', BOB));
    await lab.clock.advance(1_000);
    expect(lab.pcscf.responses.at(-1)?.status).toBe(482);
    expect(as.requests).toHaveLength(2);
    expect(arrived).toEqual([]);
  });
});

describe('the original dialog identifier', () => {
  /** A request that claims to come back from a server. */
  const returned = (odi: string): SipRequest =>
    request('INVITE', BOB, [
      ['Via', `SIP/2.0/TCP as.${D}:5080;branch=z9hG4bKreturned`],
      ['Max-Forwards', '69'],
      ['Route', odi],
      ['From', '<sip:as>;tag=1'],
      ['To', `<${BOB}>`],
      ['Call-ID', 'returned'],
      ['CSeq', '1 INVITE'],
      ['P-Served-User', `<${alice.impu}>;sescase=orig;regstate=reg`],
    ]);

  async function dialogOfASilentServer(): Promise<{ as: SipPeer; odi: string }> {
    const as = await startSilentAs();
    as.onMessage = (message) => message.kind === 'request' && message.method === 'INVITE' && as.answer(message, 180);
    await register({ Bob: [criterion([method('INVITE'), sessionCase(TERM)])] });
    await lab.send('scscf', alice.initial('INVITE', BOB));
    return { as, odi: headerValues(as.last('INVITE'), 'Route')[1] ?? '' };
  }

  async function ask(as: SipPeer, message: SipRequest): Promise<number | undefined> {
    await as.sendTo(tcpHop('scscf'), message);
    await lab.settle();
    return as.responses.filter(({ status }) => status >= 200).at(-1)?.status;
  }

  it('takes a request back also much later', async () => {
    const { as, odi } = await dialogOfASilentServer();
    await lab.clock.advance(ORIGINAL_DIALOG_LIFETIME_MS / 2);
    expect(await ask(as, returned(odi))).toBe(200);
    expect(arrived).toHaveLength(1);
  });

  it('is refused when it is unknown', async () => {
    const { as } = await dialogOfASilentServer();
    const unknown = `<sip:odi-000000000000000000000000@scscf.${D}:6060;transport=tcp;lr>`;
    expect(await ask(as, returned(unknown))).toBe(403);
  });

  it('is refused when it was kept too long', async () => {
    const { as, odi } = await dialogOfASilentServer();
    await lab.clock.advance(ORIGINAL_DIALOG_LIFETIME_MS);
    expect(await ask(as, returned(odi))).toBe(403);
  });

  it('is of no use outside the trust domain', async () => {
    const { odi } = await dialogOfASilentServer();
    expect((await lab.ask('scscf', returned(odi), 'stranger')).status).toBe(403);
  });

  it('leads a request that comes twice behind the same server each time', async () => {
    const as = await startAs(async (self, incoming) => {
      await self.stack.forward(incoming, [
        { request: self.edit(incoming).done() },
        { request: self.edit(incoming).append('Priority', 'urgent', 'other').done() },
      ]);
    });
    await register({ Bob: [criterion([method('INVITE'), sessionCase(TERM)])] });
    expect((await call()).status).toBe(200);
    expect(as.requests).toHaveLength(1);
    expect(arrived.filter(({ method: name }) => name === 'INVITE').length).toBeGreaterThanOrEqual(1);
  });

  it('is lost with a server that forgets it: the loop ends', async () => {
    const as = await startAs(async (self, incoming) => {
      const edit = self.edit(incoming);
      edit.set('Route', `<sip:scscf.${D}:6060;transport=tcp;lr>`, 'forgets the identifier');
      await self.stack.forward(incoming, [{ request: edit.done() }]);
    });
    await register({ Bob: [criterion([method('INVITE'), sessionCase(TERM)])] });
    expect((await call()).status).toBe(482);
    expect(as.requests.length).toBeLessThan(3);
  });
});

describe('a request that an application server makes for a user', () => {
  const made = (headers: readonly (readonly [string, string])[], from: BoxName = 'as'): SipRequest =>
    request('INVITE', BOB, [
      ['Via', `SIP/2.0/TCP ${from}.${D}:5080;branch=z9hG4bKmade${headers.length}`],
      ['Max-Forwards', '69'],
      ['Route', `<sip:scscf.${D}:6060;transport=tcp;lr;orig>`],
      ['From', `<${alice.impu}>;tag=made`],
      ['To', `<${BOB}>`],
      ['Call-ID', 'made'],
      ['CSeq', '1 INVITE'],
      ['Contact', `<sip:as.${D}:5080>`],
      ...headers,
    ]);
  const served = (regstate = 'reg'): readonly [string, string] => [
    'P-Served-User',
    `<${alice.impu}>;sescase=orig;regstate=${regstate}`,
  ];

  async function fromAs(message: SipRequest): Promise<SipResponse> {
    const as = await startSilentAs();
    await as.sendTo(tcpHop('scscf'), message);
    await lab.settle();
    return as.responses.find(({ status }) => status >= 200) ?? expect.fail(`got ${as.log.join(' ')}`);
  }

  it('meets the services of the user and reaches the called one, with a charging identity', async () => {
    const second = await startAs(proxies(), 'as2');
    const services = [criterion([sessionCase(ORIG)], { server: `sip:as2.${D}:5080` })];
    await register({ Alice: services });
    expect((await fromAs(made([served()]))).status).toBe(200);
    expect(header(second.request, 'P-Served-User')).toBe(`<${alice.impu}>;sescase=orig;regstate=reg`);
    expect(vector(only())).toMatch(/^icid-value="[0-9a-f-]{36}";orig-ioi="Type 1/);
    expect(vector(second.request).slice(0, 50)).toBe(vector(only()).slice(0, 50));
    expect(recordRoutes(only())).toEqual(['term scscf', 'orig.as-core scscf', 'orig.as-as scscf']);
  });

  it('names the user by P-Asserted-Identity where there is no P-Served-User', async () => {
    await register();
    expect((await fromAs(made([['P-Asserted-Identity', `<${alice.impu}>`]]))).status).toBe(200);
    expect(headerValues(only(), 'P-Asserted-Identity')).toEqual([`<${alice.impu}>`, `<${alice.number}>`]);
  });

  it('is ORIGINATING_UNREGISTERED for a user who is not registered', async () => {
    const second = await startAs(proxies(), 'as2');
    await setServices(lab, 'Alice', [
      criterion([sessionCase('ORIGINATING_UNREGISTERED')], { server: `sip:as2.${D}:5080` }),
    ]);
    await bob.registerAt(lab);
    expect((await fromAs(made([served('unreg')]))).status).toBe(200);
    expect(header(second.request, 'P-Served-User')).toBe(`<${alice.impu}>;sescase=orig;regstate=unreg`);
    expect(lab.scscfCx.sars.at(-1)?.serverAssignmentType).toBe(ServerAssignmentType.UNREGISTERED_USER);
  });

  it('is refused when it names nobody or somebody unknown', async () => {
    await register();
    expect((await fromAs(made([]))).status).toBe(403);
    await closing.pop()?.close();
    expect((await fromAs(made([['P-Served-User', `<sip:nobody@${D}>;sescase=orig`]]))).status).toBe(404);
  });

  it('is refused outside the trust domain', async () => {
    await register();
    expect((await lab.ask('scscf', made([served()], 'stranger'), 'stranger')).status).toBe(403);
  });

  it('finds the S-CSCF of the user by way of the I-CSCF', async () => {
    await register();
    const message = made([served()]);
    const viaIcscf = request(
      message.method,
      message.uri,
      message.headers
        .filter(({ key }) => key !== 'content-length')
        .map(({ name, value, key }) => [name, key === 'route' ? `<sip:icscf.${D}:4060;transport=tcp;lr;orig>` : value]),
    );
    const as = await startSilentAs();
    await as.sendTo(tcpHop('icscf'), viaIcscf);
    await lab.settle();
    expect(as.responses.at(-1)?.status).toBe(200);
    expect(lab.icscfCx.lirs[0]).toMatchObject({ publicIdentity: alice.impu, originatingRequest: true });
    expect(recordRoutes(only())).toEqual(['term scscf', 'orig.as-core scscf']);
  });

  it('is never what a UE makes: P-Served-User from the side of the P-CSCF is not believed', async () => {
    const as = await startAs(proxies());
    await register({
      Alice: [criterion([{ kind: 'SIPHeader', header: 'P-Served-User' }])],
    });
    const forged = alice.initial('INVITE', BOB, [['P-Served-User', `<${BOB}>;sescase=orig;regstate=reg`]]);
    expect((await lab.ask('scscf', forged)).status).toBe(200);
    expect(as.requests).toEqual([]);
    expect(headerValues(only(), 'P-Asserted-Identity')[0]).toBe(`<${alice.impu}>`);
    expect(header(only(), 'P-Served-User')).toBeUndefined();
  });
});

describe('a call to a user who is not registered', () => {
  const voicemail = [criterion([method('INVITE'), sessionCase(UNREGISTERED)], { handling: 'SESSION_TERMINATED' })];

  it('is taken by a service, and the HSS knows who serves the user', async () => {
    const as = await startAs(answers(200));
    await setServices(lab, 'Bob', voicemail);
    await alice.registerAt(lab);
    expect((await call()).status).toBe(200);
    expect(header(as.request, 'P-Served-User')).toBe(`<${BOB}>;sescase=term;regstate=unreg`);
    expect(await lab.store.byImpu(BOB)).toMatchObject({ state: 'UNREGISTERED', serverName: `sip:scscf.${D}:6060` });
  });

  it('asks the HSS for the profile once while it is held, and gives it back at the end', async () => {
    await startAs(answers(200));
    await setServices(lab, 'Bob', voicemail);
    await alice.registerAt(lab);
    const types = () =>
      lab.scscfCx.sars.map(({ serverAssignmentType }) => serverAssignmentType).filter((type) => type > 2);
    await call();
    await call();
    expect(types()).toEqual([ServerAssignmentType.UNREGISTERED_USER]);
    await lab.clock.advance(UNREGISTERED_USER_LIFETIME_MS);
    expect(types()).toEqual([ServerAssignmentType.UNREGISTERED_USER, ServerAssignmentType.TIMEOUT_DEREGISTRATION]);
    expect(await lab.store.byImpu(BOB)).toMatchObject({ state: 'NOT_REGISTERED', serverName: '' });
    expect(notes('UNREGISTERED_USER_RELEASED')).toHaveLength(1);
  });

  it('leaves a user alone who registers in the meantime', async () => {
    await startAs(answers(200));
    await setServices(lab, 'Bob', voicemail);
    await alice.registerAt(lab);
    await call();
    await bob.registerAt(lab);
    await lab.clock.advance(UNREGISTERED_USER_LIFETIME_MS);
    expect(await lab.store.byImpu(BOB)).toMatchObject({ state: 'REGISTERED' });
    expect((await call()).status).toBe(200);
    expect(only().uri).toBe('sip:bob@phone.invalid;transport=ws');
  });

  it.each([
    ['proxies the call', proxies()],
    ['fails', answers(503)],
  ])('is 480 when the service %s', async (_, behaviour) => {
    await startAs(behaviour);
    await setServices(lab, 'Bob', [criterion([method('INVITE')])]);
    await alice.registerAt(lab);
    expect((await call()).status).toBe(480);
  });

  it('may go elsewhere', async () => {
    await startAs(retargets(CAROL));
    await setServices(lab, 'Bob', [criterion([method('INVITE'), sessionCase(UNREGISTERED)])]);
    await new TestUe('Carol').registerAt(lab);
    await alice.registerAt(lab);
    expect((await call()).status).toBe(200);
    expect(only().uri).toBe('sip:carol@phone.invalid;transport=ws');
  });

  it('meets the services that the HSS pushes in the meantime', async () => {
    const as = await startAs(answers(200));
    await alice.registerAt(lab);
    await setServices(lab, 'Bob', [criterion([method('MESSAGE')])]);
    expect((await call()).status).toBe(480);
    await setServices(lab, 'Bob', voicemail);
    const stored = (await lab.store.byImpu(BOB)) ?? expect.fail('Bob is known');
    expect(await lab.scscfCx.pushProfile({ userName: stored.impi, userData: userDataOf(stored) })).toEqual({
      result: { vendor: 0, code: 2001 },
    });
    expect((await call()).status).toBe(200);
    expect(as.requests).toHaveLength(1);
  });

  it('ends when the HSS takes the user away', async () => {
    await startAs(answers(200));
    await setServices(lab, 'Bob', voicemail);
    await alice.registerAt(lab);
    await call();
    const end = {
      userName: bob.impi,
      publicIdentities: [],
      reason: DeregistrationReason.REMOVE_S_CSCF,
    };
    expect(await lab.scscfCx.registrationTermination(end)).toEqual({ result: { vendor: 0, code: 2001 } });
    expect(await lab.scscfCx.registrationTermination(end)).toEqual({ result: { vendor: 10415, code: 5001 } });
    await lab.clock.advance(UNREGISTERED_USER_LIFETIME_MS);
    expect(lab.scscfCx.sars.at(-1)?.serverAssignmentType).toBe(ServerAssignmentType.UNREGISTERED_USER);
  });

  it('looks at the unregistered part of the profile only', async () => {
    const as = await startAs(answers(200));
    await setServices(lab, 'Bob', [
      criterion([method('INVITE')], { priority: 1, part: 'REGISTERED', server: `sip:as2.${D}:5080` }),
      criterion([method('INVITE')], { priority: 2, part: 'UNREGISTERED' }),
    ]);
    await alice.registerAt(lab);
    expect((await call()).status).toBe(200);
    expect(as.requests).toHaveLength(1);
  });

  it('is 480 when the HSS is away and 404 when it knows nobody', async () => {
    await setServices(lab, 'Bob', voicemail);
    await alice.registerAt(lab);
    lab.scscfCx.answer({ SAR: hssDown });
    expect((await call()).status).toBe(480);
    lab.scscfCx.answer({ SAR: cxAnswer(10415, 5001) });
    expect((await call()).status).toBe(404);
  });

  it('reaches a public service identity, which never registers', async () => {
    const as = await startAs(answers(200));
    await alice.registerAt(lab);
    expect((await call(`sip:echo@${D}`)).status).toBe(200);
    expect(as.request.uri).toBe(`sip:echo@${D}`);
    expect(header(as.request, 'P-Served-User')).toBe(`<sip:echo@${D}>;sescase=term;regstate=unreg`);
  });
});

describe('a pattern that can not be used', () => {
  it('never matches, negated or not, and stands on the ladder', async () => {
    const as = await startAs(answers(403));
    const broken = { kind: 'SIPHeader', header: 'Subject', content: '(unclosed' } as const;
    const negated = criterion([broken]);
    await register({
      Alice: [
        {
          ...negated,
          triggerPoint: {
            conditionTypeCnf: true,
            servicePointTriggers: [{ conditionNegated: true, groups: [0], condition: broken }],
          },
        },
      ],
    });
    const before = notes('IFC_PATTERN_UNUSABLE').length;
    expect((await call()).status).toBe(200);
    expect(as.requests).toEqual([]);
    expect(notes('IFC_PATTERN_UNUSABLE').slice(before)).toEqual([
      'The filter criterion with priority 10 has a pattern that never matches: (unclosed: error parsing regexp: missing closing )',
    ]);
  });
});
