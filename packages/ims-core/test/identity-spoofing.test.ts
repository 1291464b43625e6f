import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { request } from '../src/protocols/sip/build.ts';
import { chargingVector } from '../src/protocols/sip/charging-vector.ts';
import type { SipRequest } from '../src/protocols/sip/message.ts';
import { header, headerValues } from '../src/protocols/sip/read.ts';
import type { TraceNode } from '../src/trace/event.ts';
import { D, withBarred } from './kit/core-lab.ts';
import { connect, FreePhone, type Header, type Words } from './kit/free-phone.ts';
import { ImsLab } from './kit/ims-lab.ts';

const ALICE = `sip:+15550001001@${D}`;
const ALICE_TEL = 'tel:+15550001001';
const ALICE_BY_NAME = `sip:alice@${D}`;
const BOB = `sip:+15550001002@${D}`;
const CAROL = `sip:+15550001003@${D}`;
/** What Bob is told of Alice when she says nothing, or nothing that is true. */
const HERSELF = [`<${ALICE}>`, `<${ALICE_TEL}>`];

let lab: ImsLab;
let alice: FreePhone;
let bob: FreePhone;
/** Mallory: registered as anybody else, and knows everything that went over the wire. */
let carol: FreePhone;

beforeEach(async () => {
  lab = await ImsLab.start();
  alice = await FreePhone.registered(lab, 'Alice');
  bob = await FreePhone.registered(lab, 'Bob');
  carol = await FreePhone.registered(lab, 'Carol');
});
afterEach(() => lab.close());

const asserted = (message: SipRequest) => headerValues(message, 'P-Asserted-Identity');

/** What Bob gets of Alice's MESSAGE. */
async function sent(words: Words, uri = BOB): Promise<SipRequest> {
  await alice.say(alice.initial('MESSAGE', uri, words));
  return bob.peer.last('MESSAGE');
}

/** The SIP messages of a method between two boxes, as they were on the wire. */
function between(from: TraceNode, to: TraceNode, method: string): string[] {
  return lab.events.flatMap((event) =>
    event.kind === 'sip' &&
    event.sip.status === 0 &&
    event.sip.method === method &&
    event.from.node === from &&
    event.to.node === to
      ? [event.sip.raw]
      : [],
  );
}

describe('who a UE says it is', () => {
  it.each<[string, Words, string[]]>([
    ['nothing', {}, HERSELF],
    ['another user in P-Preferred-Identity', { headers: [['P-Preferred-Identity', `<${CAROL}>`]] }, HERSELF],
    ['another user in P-Asserted-Identity', { headers: [['P-Asserted-Identity', `<${CAROL}>`]] }, HERSELF],
    ['another user in From', { from: `"Carol" <${CAROL}>;tag=x` }, HERSELF],
    ['an identity of nobody', { headers: [['P-Preferred-Identity', '<sip:police@gov.example>']] }, HERSELF],
    [
      'another user in P-Asserted-Identity beside an own one',
      { headers: [['P-Asserted-Identity', `<${ALICE}>, <${CAROL}>`]] },
      HERSELF,
    ],
    [
      'an own identity after another user’s in P-Preferred-Identity',
      { headers: [['P-Preferred-Identity', `<${CAROL}>, <${ALICE_BY_NAME}>`]] },
      [`<${ALICE_BY_NAME}>`],
    ],
    ['an own identity', { headers: [['P-Preferred-Identity', `"Al" <${ALICE_BY_NAME}>`]] }, [`<${ALICE_BY_NAME}>`]],
    ['an own number', { headers: [['P-Preferred-Identity', `<${ALICE_TEL}>`]] }, [`<${ALICE_TEL}>`, `<${ALICE}>`]],
  ])('%s', async (_name, words, told) => {
    const message = await sent(words);
    expect(asserted(message)).toEqual(told);
    expect(header(message, 'P-Preferred-Identity')).toBeUndefined();
  });

  it('stands in From as the UE wrote it, for the called user to compare', async () => {
    const message = await sent({ from: `"Carol" <${CAROL}>;tag=x` });
    expect(header(message, 'From')).toBe(`"Carol" <${CAROL}>;tag=x`);
  });

  it.each([
    ['the default one', (_uri: string, index: number) => index === 0],
    ['the one that it prefers', (uri: string) => uri === ALICE_BY_NAME],
  ])('is never a barred identity: %s', async (_name, isBarred) => {
    await lab.close();
    lab = await ImsLab.start({ subscribers: withBarred('Alice', isBarred) });
    alice = await FreePhone.open(lab, 'Alice');
    bob = await FreePhone.registered(lab, 'Bob');
    expect((await alice.register({ to: `sip:${alice.sim.impi}` })).status).toBe(200);
    const message = await sent({ headers: [['P-Preferred-Identity', `<${ALICE_BY_NAME}>`]] });
    const barred = isBarred(ALICE, 0) ? ALICE : ALICE_BY_NAME;
    expect(asserted(message)).not.toContain(`<${barred}>`);
    expect(asserted(message).length).toBeGreaterThan(0);
  });
});

describe('what only the network says', () => {
  const forged: readonly Header[] = [
    ['P-Served-User', `<${CAROL}>;sescase=orig;regstate=reg`],
    ['History-Info', `<${CAROL}>;index=1`],
    ['Diversion', `<${CAROL}>;reason=unconditional`],
    ['P-Asserted-Service', 'urn:urn-7:3gpp-service.ims.icsi.mmtel'],
    ['P-Charging-Function-Addresses', 'ccf="aaa://evil.example"'],
    ['P-Access-Network-Info', 'IEEE-802.11;i-wlan-node-id=000000000000;network-provided'],
    ['P-Visited-Network-ID', '"evil.example"'],
    ['P-Profile-Key', `<sip:!.*!@${D}>`],
    ['P-User-Database', '<aaa://evil.example>'],
    ['P-Associated-URI', `<${CAROL}>`],
    ['P-Called-Party-ID', `<${CAROL}>`],
    ['P-Early-Media', 'sendrecv'],
    ['Feature-Caps', '*;+g.3gpp.srvcc'],
    ['Resource-Priority', 'esnet.1'],
    ['Service-Route', `<sip:orig@scscf.${D}:6060;lr>`],
    ['Path', `<sip:evil.example;lr>`],
    ['Record-Route', `<sip:evil.example;lr>`],
    ['Security-Verify', 'ipsec-3gpp;q=0.1'],
  ];
  it.each(forged)('%s of a UE goes no further than the P-CSCF', async (name, value) => {
    await sent({ headers: [[name, value]] });
    const [onward] = between('pcscf', 'scscf', 'MESSAGE');
    expect(onward).toBeDefined();
    expect(onward).not.toContain(value);
    expect(headerValues(bob.peer.last('MESSAGE'), name)).not.toContain(value);
  });

  it('P-Charging-Vector is the P-CSCF’s own, and no UE sees it', async () => {
    const message = await sent({ headers: [['P-Charging-Vector', 'icid-value="free";orig-ioi="evil.example"']] });
    expect(between('pcscf', 'scscf', 'MESSAGE').join()).not.toMatch(/"free"|evil/);
    expect(chargingVector(message)).toBeUndefined();
  });

  it('P-Access-Network-Info that the UE gives itself reaches the home network, not the other user', async () => {
    const own = 'IEEE-802.11;i-wlan-node-id=aabbccddeeff';
    const message = await sent({ headers: [['P-Access-Network-Info', own]] });
    expect(between('pcscf', 'scscf', 'MESSAGE').join()).toContain(own);
    expect(header(message, 'P-Access-Network-Info')).toBeUndefined();
  });

  it('integrity-protected is what the P-CSCF saw: a forged one does not register anybody', async () => {
    const dave = await FreePhone.open(lab, 'Dave');
    for (const word of ['yes', 'tls-yes', 'ip-assoc-yes', 'auth-done', 'tls-connected']) {
      const forgedCredentials = `Digest username="${dave.sim.impi}", realm="${D}", uri="sip:${D}", nonce="", response="", integrity-protected="${word}"`;
      expect((await dave.ask(dave.registerRequest(forgedCredentials))).status).toBe(401);
    }
    const onward = between('pcscf', 'icscf', 'REGISTER').slice(-5);
    for (const raw of onward) expect(raw).toContain('integrity-protected="no"');
  });

  it.each<[string, Header]>([
    ['P-Asserted-Identity', ['P-Asserted-Identity', `<${CAROL}>`]],
    ['P-Preferred-Identity of another user', ['P-Preferred-Identity', `<${CAROL}>`]],
    ['P-Charging-Vector', ['P-Charging-Vector', 'icid-value="free"']],
    ['History-Info', ['History-Info', `<${CAROL}>;index=1`]],
    ['Reason', ['Reason', 'SIP;cause=302']],
  ])('%s in the answer of a called UE is not believed', async (_name, forgery) => {
    const message = alice.initial('MESSAGE', BOB);
    await alice.say(message);
    await bob.answer(bob.peer.last('MESSAGE'), 200, { headers: [forgery] });
    const [ok] = alice.answersTo(message);
    expect(ok && headerValues(ok, 'P-Asserted-Identity')).toEqual([`<${BOB}>`, '<tel:+15550001002>']);
    for (const name of ['P-Preferred-Identity', 'P-Charging-Vector', 'History-Info', 'Reason']) {
      expect(ok && header(ok, name)).toBeUndefined();
    }
  });
});

describe('where a UE sends', () => {
  const own = `<sip:pcscf.${D}:5060;lr>`;
  const forgedRoutes: readonly (readonly [string, () => readonly string[]])[] = [
    ['nowhere', () => []],
    ['past the S-CSCF', () => [own, `<sip:icscf.${D}:4060;lr>`]],
    ['to the S-CSCF as if a call came in', () => [own, `<sip:scscf.${D}:6060;lr>`]],
    ['over another user’s Service-Route', () => [own, ...carol.serviceRoute]],
    ['over its own Service-Route and then elsewhere', () => [own, ...alice.serviceRoute, '<sip:evil.example;lr>']],
    ['to an application server', () => [own, `<sip:as.${D}:5080;lr>`]],
    ['to the HSS', () => [own, `<sip:hss.${D}:3868;lr>`]],
    ['to an address of the core', () => [own, '<sip:192.0.2.6:6060;transport=tcp;lr>']],
    ['down the called user’s own flow', () => [pathOf('Bob')]],
    ['down the called user’s own flow, from the P-CSCF’s core side', () => [own, pathOf('Bob')]],
  ];
  it.each(forgedRoutes)('%s: the request goes over its own Service-Route all the same', async (_name, routes) => {
    const before = between('pcscf', 'scscf', 'MESSAGE').length;
    const message = await sent({ routes: routes() });
    expect(asserted(message)).toEqual(HERSELF);
    const onward = between('pcscf', 'scscf', 'MESSAGE').slice(before);
    expect(onward).toHaveLength(1);
    const wanted = alice.serviceRoute[0] ?? '';
    expect(onward[0]?.match(/^Route: .*$/gm)).toEqual([`Route: ${wanted}`]);
  });

  it.each([
    ['the contact of another user', () => bob.sim.contact.slice(1, -1)],
    ['a box of the core', () => `sip:scscf.${D}:6060`],
    ['the Service-Route of another user', () => carol.serviceRoute[0]?.slice(1, -1) ?? ''],
    ['another network', () => 'sip:bob@evil.example'],
  ])('to %s as its target: 404, and nobody gets it', async (_name, target) => {
    const { status } = await alice.ask(alice.initial('MESSAGE', target()));
    expect(status).toBe(404);
    expect(bob.peer.requests).toEqual([]);
  });

  it('with Vias of others: the answer goes to the UE alone', async () => {
    const message = alice.initial('MESSAGE', BOB, {
      headers: [['Via', `SIP/2.0/TCP scscf.${D}:6060;branch=z9hG4bKforged`]],
    });
    await alice.say(message);
    const packets = lab.core.network.packets.length;
    await bob.answer(bob.peer.last('MESSAGE'), 200);
    expect(alice.answersTo(message).map(({ status }) => status)).toEqual([200]);
    const after = lab.core.network.packets.slice(packets);
    // UE, P, S, I, S, P, UE: one response a hop, none to the forged Via.
    expect(after).toHaveLength(6);
  });

  it('in a REGISTER is the home network’s business, and its Path begins at the P-CSCF', async () => {
    const dave = await FreePhone.open(lab, 'Dave');
    const headers: readonly Header[] = [
      ['Route', '<sip:evil.example;lr>'],
      ['Path', '<sip:evil.example;lr;ob>'],
    ];
    expect((await dave.register({ headers })).status).toBe(200);
    for (const raw of between('pcscf', 'icscf', 'REGISTER').slice(-2)) expect(raw).not.toContain('evil');
    await alice.say(alice.initial('MESSAGE', dave.impu));
    expect(dave.peer.last('MESSAGE')).toBeDefined();
  });

  /** The P-CSCF's Path entry for a user, as it stands on the wire. */
  function pathOf(name: string): string {
    const raw = between('pcscf', 'icscf', 'REGISTER').findLast((each) => each.includes(`reg-${name}`)) ?? '';
    return /^Path: (.*)$/m.exec(raw)?.[1]?.trim() ?? expect.fail('no Path');
  }
});

describe('whom a UE registers', () => {
  it('is never another user: 403 for another user’s identity with its own card', async () => {
    const dave = await FreePhone.open(lab, 'Dave');
    expect((await dave.register({ to: BOB })).status).toBe(403);
    expect(lab.core.scscf.registrations().some(({ impi }) => impi === dave.sim.impi)).toBe(false);
  });

  it('is never another user with whose name it answers a challenge', async () => {
    const dave = await FreePhone.open(lab, 'Dave');
    const asBob = dave.sim.announcement().replaceAll(dave.sim.impi, bob.sim.impi);
    const challenge = await dave.ask(dave.registerRequest(asBob, BOB));
    expect(challenge.status).toBe(401);
    // Dave's card finds that the challenge is not for it; whatever digest he makes up is refused.
    const made = `Digest username="${bob.sim.impi}", realm="${D}", uri="sip:${D}", nonce="${/nonce="([^"]*)"/.exec(header(challenge, 'WWW-Authenticate') ?? '')?.[1]}", response="${'0'.repeat(64)}", algorithm=AKAv2-SHA-256, qop=auth, nc=00000001, cnonce="c0ffee"`;
    expect((await dave.ask(dave.registerRequest(made, BOB))).status).toBe(403);
    await alice.say(alice.initial('MESSAGE', BOB));
    expect(bob.peer.last('MESSAGE')).toBeDefined();
    expect(dave.peer.requests).toEqual([]);
  });

  it('is one user on one connection: 403 for a second private identity', async () => {
    const asCarol = alice.sim.announcement().replaceAll(alice.sim.impi, carol.sim.impi);
    expect((await alice.ask(alice.registerRequest(asCarol, CAROL))).status).toBe(403);
  });
});

describe('a third party who knows everything about a call', () => {
  it.each(['BYE', 'INVITE', 'UPDATE', 'INFO', 'REFER', 'MESSAGE', 'NOTIFY'])(
    'cannot speak in it as the caller (%s)',
    async (method) => {
      const call = await connect(alice, bob);
      const seen = bob.peer.requests.length;
      expect((await carol.ask(carol.within(call.caller, method, 2))).status).toBe(403);
      expect(bob.peer.requests).toHaveLength(seen);
      expect(lab.pcscf.calls()).toMatchObject([{ state: 'confirmed' }]);
    },
  );

  it.each(['BYE', 'INVITE', 'UPDATE'])('cannot speak in it as the called end (%s)', async (method) => {
    const call = await connect(alice, bob);
    const seen = alice.peer.requests.length;
    expect((await carol.ask(carol.within(call.called, method, 1))).status).toBe(403);
    expect(alice.peer.requests).toHaveLength(seen);
    expect(lab.pcscf.calls()).toMatchObject([{ state: 'confirmed' }]);
  });

  it('cannot speak in it from a phone that is not registered', async () => {
    const call = await connect(alice, bob);
    const dave = await FreePhone.open(lab, 'Dave');
    expect((await dave.ask(dave.within(call.caller, 'BYE', 2))).status).toBe(403);
  });

  it('cannot end it over a Route of its own', async () => {
    const call = await connect(alice, bob);
    const routes = [`<sip:pcscf.${D}:5060;lr>`, ...carol.serviceRoute];
    const { status } = await carol.ask(carol.within({ ...call.caller, routes }, 'BYE', 2));
    expect([403, 481]).toContain(status);
    expect(bob.peer.log).not.toContain('BYE');
  });

  it('cannot cancel it, even with the branch of its INVITE', async () => {
    const invite = alice.initial('INVITE', BOB, { body: 'offer' });
    await alice.say(invite);
    await bob.answer(bob.peer.last('INVITE'), 180);
    const copied = ['Via', 'Max-Forwards', 'Route', 'From', 'To', 'Call-ID'].flatMap((name) =>
      headerValues(invite, name).map((value): Header => [name, value]),
    );
    const cancel = request('CANCEL', invite.uri, [...copied, ['CSeq', '1 CANCEL']]);
    expect((await carol.ask(cancel)).status).toBe(481);
    expect(bob.peer.log).not.toContain('CANCEL');
    await bob.answer(bob.peer.last('INVITE'), 200, { body: 'answer' });
    expect(alice.answersTo(invite).map(({ status }) => status)).toEqual([100, 180, 200]);
    // She who made the call can cancel: here too late, so nothing changes.
    expect((await alice.ask(cancel)).status).toBe(200);
  });

  it('cannot draw it to itself with a call that has the same names', async () => {
    const call = await connect(alice, bob);
    const dave = await FreePhone.registered(lab, 'Dave');
    // Carol and Dave agree on the Call-ID and the tags of Alice and Bob, in both directions.
    const tagOfAlice = /tag=(.*)$/.exec(call.caller.from)?.[1] ?? '';
    for (const [tag, answeredTag] of [
      [tagOfAlice, bob.sim.name],
      [bob.sim.name, tagOfAlice],
    ] as const) {
      const from = `<${CAROL}>;tag=${tag}`;
      const invite = carol.initial('INVITE', dave.impu, { callId: call.caller.callId, from, body: 'offer' });
      await carol.say(invite);
      const received = dave.peer.last('INVITE');
      await dave.answer(received, 183, { tag: answeredTag, body: 'early' });
      await dave.answer(received, 200, { tag: answeredTag, body: 'answer' });
      expect(dave.peer.log.slice(-2)).toEqual(['ACK', 'BYE']);
      await dave.answer(dave.peer.last('BYE'), 200);
      expect(carol.answersTo(invite).at(-1)?.status).toBe(500);
    }
    expect(lab.pcscf.calls()).toHaveLength(1);
    const [ofAlice, ofBob] = [alice.within(call.caller, 'INFO', 2), bob.within(call.called, 'INFO', 1)];
    await alice.say(ofAlice);
    await bob.say(ofBob);
    expect([bob.peer.log.at(-1), alice.peer.log.at(-1)]).toEqual(['INFO', 'INFO']);
    expect(dave.peer.log).not.toContain('INFO');
  });

  it('has no say in what its own end of a dialog is: the UE’s identity in it is the network’s word', async () => {
    const call = await connect(alice, bob);
    await alice.say(
      alice.within(call.caller, 'INFO', 2, {
        headers: [
          ['P-Asserted-Identity', `<${CAROL}>`],
          ['P-Preferred-Identity', `<${CAROL}>`],
        ],
      }),
    );
    expect(header(bob.peer.last('INFO'), 'P-Asserted-Identity')).toBeUndefined();
    expect(header(bob.peer.last('INFO'), 'P-Preferred-Identity')).toBeUndefined();
  });
});

describe('what the caller wants hidden', () => {
  const words = (privacy: string): Words => ({
    body: 'offer',
    headers: [
      ['Privacy', privacy],
      ['Subject', 'a secret'],
      ['User-Agent', 'Alice’s own phone'],
    ],
  });
  const ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>';

  it.each([
    ['none', HERSELF, `<${ALICE}>`, 'a secret'],
    ['none;id', HERSELF, `<${ALICE}>`, 'a secret'],
    ['id', [], `<${ALICE}>`, 'a secret'],
    ['header', HERSELF, `<${ALICE}>`, 'a secret'],
    ['user', HERSELF, ANONYMOUS, undefined],
    ['user;id', [], ANONYMOUS, undefined],
    ['header ; USER ; id ; critical', [], ANONYMOUS, undefined],
  ])('Privacy: %s', async (privacy, told, from, subject) => {
    await alice.say(alice.initial('INVITE', BOB, words(privacy)));
    const invite = bob.peer.last('INVITE');
    expect(asserted(invite)).toEqual(told);
    expect(header(invite, 'From')?.replace(/;tag=.*/, '')).toBe(from);
    expect(header(invite, 'Subject')).toBe(subject);
    expect(header(invite, 'User-Agent') === undefined).toBe(subject === undefined);
    // Inside the network everybody knows.
    expect(between('scscf', 'pcscf', 'INVITE').join()).toContain(`P-Asserted-Identity: <${ALICE}>`);
  });

  it('stays hidden in the whole call, and neither end notices', async () => {
    const call = await connect(alice, bob, words('user;id'));
    expect(call.called.to).toMatch(/anonymous\.invalid/);
    expect(header(call.ok, 'From')).toBe(header(call.invite, 'From'));

    // Bob's requests to the caller he does not know, and hers to him.
    const info = bob.within(call.called, 'INFO', 1);
    await bob.say(info);
    const received = alice.peer.last('INFO');
    expect(header(received, 'To')).toBe(header(call.invite, 'From'));
    await alice.answer(received, 200);
    expect(bob.answersTo(info).map((answer) => header(answer, 'To'))).toEqual([call.called.to]);
    const update = alice.within(call.caller, 'UPDATE', 2);
    await alice.say(update);
    expect(header(bob.peer.last('UPDATE'), 'From')).toMatch(/anonymous\.invalid/);
    await bob.answer(bob.peer.last('UPDATE'), 200);
    expect(alice.answersTo(update).map((answer) => header(answer, 'From'))).toEqual([call.caller.from]);

    // The network hangs up: to Bob in the name of nobody.
    const released = lab.pcscf.release(call.caller.callId);
    await lab.core.settle();
    expect(header(bob.peer.last('BYE'), 'From')).toMatch(/anonymous\.invalid/);
    for (const phone of [alice, bob]) await phone.answer(phone.peer.last('BYE'), 200);
    expect(await released).toBe(true);
    expect(bob.peer.requests.map((each) => JSON.stringify(each.headers)).join()).not.toContain('15550001001');
  });

  it('also who answers, when that one wants it', async () => {
    const message = alice.initial('MESSAGE', BOB);
    await alice.say(message);
    await bob.answer(bob.peer.last('MESSAGE'), 200, { headers: [['Privacy', 'id']] });
    const [ok] = alice.answersTo(message);
    expect(ok?.status).toBe(200);
    expect(ok && header(ok, 'P-Asserted-Identity')).toBeUndefined();
  });

  it('an anonymous From alone hides nothing that the network knows', async () => {
    const message = await sent({ from: '<sip:anonymous@anonymous.invalid>;tag=x' });
    expect(asserted(message)).toEqual(HERSELF);
  });
});
