import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { request } from '../src/protocols/sip/build.ts';
import { chargingVector } from '../src/protocols/sip/charging-vector.ts';
import type { SipRequest } from '../src/protocols/sip/message.ts';
import { bodyText, hasOption, header, headerValues } from '../src/protocols/sip/read.ts';
import type { TraceEvent } from '../src/trace/event.ts';
import { D } from './kit/core-lab.ts';
import { calledEnd, callerEnd, connect, FreePhone, type Header } from './kit/free-phone.ts';
import { ImsLab } from './kit/ims-lab.ts';

const BOB = `sip:+15550001002@${D}`;

/** More than timer C. */
const TIMER_C_MS = 200_000;

let lab: ImsLab;
let alice: FreePhone;
let bob: FreePhone;

beforeEach(async () => {
  lab = await ImsLab.start();
});
afterEach(async () => {
  expect(lab.core.errors).toEqual([]);
  await lab.close();
});

/** Phones that speak plain RTP: the network does not touch what they say of media. */
async function nativePhones(): Promise<void> {
  alice = await FreePhone.registered(lab, 'Alice', { native: true });
  bob = await FreePhone.registered(lab, 'Bob', { native: true });
}

async function browsers(): Promise<void> {
  alice = await FreePhone.registered(lab, 'Alice');
  bob = await FreePhone.registered(lab, 'Bob');
}

/** A request within a dialog gets there and its answer comes back. */
async function pass(from: FreePhone, to: FreePhone, message: SipRequest, status = 200): Promise<SipRequest> {
  const before = to.peer.requests.length;
  await from.say(message);
  const received = to.peer.requests[before] ?? expect.fail(`${message.method} did not come`);
  expect(received.method).toBe(message.method);
  await to.answer(received, status);
  expect(from.answersTo(message).at(-1)?.status).toBe(status);
  return received;
}

describe('reliable provisional responses and preconditions between phones', () => {
  beforeEach(nativePhones);

  it('pass untouched: 183 with SDP, PRACK, UPDATE, 180, 200', async () => {
    const words: readonly Header[] = [
      ['Supported', '100rel, precondition'],
      ['Require', '100rel'],
    ];
    const invite = alice.initial('INVITE', BOB, { body: 'offer with preconditions', headers: words });
    await alice.say(invite);
    const received = bob.peer.last('INVITE');
    expect(headerValues(received, 'Require')).toEqual(['100rel']);
    expect(headerValues(received, 'Supported')).toEqual(['100rel', 'precondition']);
    expect(bodyText(received)).toBe('offer with preconditions');

    await bob.answer(received, 183, {
      body: 'early answer',
      headers: [
        ['Require', '100rel'],
        ['RSeq', '7'],
      ],
    });
    const early = alice.answersTo(invite).at(-1) ?? expect.fail('no 183');
    expect([early.status, header(early, 'RSeq'), bodyText(early)]).toEqual([183, '7', 'early answer']);

    const end = callerEnd(early);
    const prack = await pass(alice, bob, alice.within(end, 'PRACK', 2, { headers: [['RAck', '7 1 INVITE']] }));
    expect(header(prack, 'RAck')).toBe('7 1 INVITE');
    const update = await pass(alice, bob, alice.within(end, 'UPDATE', 3, { body: 'resources reserved' }));
    expect(bodyText(update)).toBe('resources reserved');
    // A session timer belongs to the established session.
    expect(header(update, 'Session-Expires')).toBeUndefined();

    await bob.answer(received, 180);
    await bob.answer(received, 200);
    expect(alice.answersTo(invite).map(({ status }) => status)).toEqual([100, 183, 180, 200]);
    await alice.say(alice.within(end, 'ACK', 1));
    expect(bob.peer.last('ACK')).toBeDefined();
    await pass(bob, alice, bob.within(calledEnd(received, bob.sim.name), 'BYE', 1));
    expect(lab.pcscf.calls()).toEqual([]);
  });

  it('make an early dialog with each phone of a user; the one that answers stays', async () => {
    const second = await FreePhone.registered(lab, 'Bob', { native: true, device: '2' });
    const invite = alice.initial('INVITE', BOB, { body: 'offer', headers: [['Supported', '100rel, 199']] });
    await alice.say(invite);
    const reliable = (rseq: string) => ({
      body: `early media ${rseq}`,
      headers: [
        ['Require', '100rel'],
        ['RSeq', rseq],
      ] as const,
    });
    const atFirst = bob.peer.last('INVITE');
    const atSecond = second.peer.last('INVITE');
    await bob.answer(atFirst, 183, reliable('10'));
    await second.answer(atSecond, 183, reliable('20'));
    const [, toFirst, toSecond] = alice.answersTo(invite);
    expect([toFirst, toSecond].map((each) => each && bodyText(each))).toEqual(['early media 10', 'early media 20']);
    if (toFirst === undefined || toSecond === undefined) return expect.fail('two 183 were awaited');

    // Each dialog has its own PRACK.
    await pass(alice, second, alice.within(callerEnd(toSecond), 'PRACK', 2, { headers: [['RAck', '20 1 INVITE']] }));
    await pass(alice, bob, alice.within(callerEnd(toFirst), 'PRACK', 3, { headers: [['RAck', '10 1 INVITE']] }));

    await second.answer(atSecond, 200, { body: 'answer' });
    expect(header(bob.peer.last('CANCEL'), 'Reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
    await bob.answer(bob.peer.last('CANCEL'), 200);
    await bob.answer(atFirst, 487);
    expect(alice.answersTo(invite).map(({ status }) => status)).toEqual([100, 183, 183, 200]);
    await alice.say(alice.within(callerEnd(toSecond), 'ACK', 1));
    expect(second.peer.log.at(-1)).toBe('ACK');
    expect(lab.pcscf.calls()).toMatchObject([{ state: 'confirmed' }]);

    // The other early dialog is over.
    expect((await alice.ask(alice.within(callerEnd(toFirst), 'UPDATE', 4))).status).toBe(481);
    await pass(alice, second, alice.within(callerEnd(toSecond), 'BYE', 5));
  });
});

describe('two phones of one user that answer with the same To tag, which no phone should (RFC 3261 §19.3)', () => {
  const SAME = 'same';
  let second: FreePhone;
  beforeEach(async () => {
    await nativePhones();
    second = await FreePhone.registered(lab, 'Bob', { native: true, device: '2' });
  });

  /** Both ring with the same tag; then the second one answers, and is hung up at once: its dialog cannot be told from the other one. */
  async function secondAnswers() {
    const invite = alice.initial('INVITE', BOB, { body: 'offer' });
    await alice.say(invite);
    const [atFirst, atSecond] = [bob.peer.last('INVITE'), second.peer.last('INVITE')];
    await bob.answer(atFirst, 180, { tag: SAME });
    await second.answer(atSecond, 180, { tag: SAME });
    await second.answer(atSecond, 200, { tag: SAME, body: 'answer' });
    expect(second.peer.log.slice(-2)).toEqual(['ACK', 'BYE']);
    await second.answer(second.peer.last('BYE'), 200);
    expect(alice.answersTo(invite).map(({ status }) => status)).toEqual([100, 180, 180]);
    return { invite, atFirst };
  }

  it('leave the call to the one that rang first', async () => {
    const { invite, atFirst } = await secondAnswers();
    await bob.answer(atFirst, 200, { tag: SAME, body: 'answer' });
    const ok = alice.answersTo(invite).at(-1) ?? expect.fail('no answer');
    expect(ok.status).toBe(200);
    await alice.say(alice.within(callerEnd(ok), 'ACK', 1));
    await pass(alice, bob, alice.within(callerEnd(ok), 'BYE', 2));
    expect(lab.pcscf.calls()).toEqual([]);
  });

  it('keep nothing when nobody answers any more: timer C ends the call', async () => {
    const { invite, atFirst } = await secondAnswers();
    await lab.core.clock.advance(TIMER_C_MS);
    await bob.answer(bob.peer.last('CANCEL'), 200);
    await bob.answer(atFirst, 487, { tag: SAME });
    await lab.core.settle();
    expect(alice.answersTo(invite).at(-1)?.status).toBeGreaterThanOrEqual(400);
    expect(lab.pcscf.calls()).toEqual([]);
  });
});

describe('a phone that wants reliable provisional responses calls a browser', () => {
  beforeEach(async () => {
    alice = await FreePhone.registered(lab, 'Alice', { native: true });
    bob = await FreePhone.registered(lab, 'Bob');
  });

  it('is not told that the browser could do it, so nobody tries', async () => {
    await alice.say(
      alice.initial('INVITE', BOB, { body: 'offer', headers: [['Supported', '100rel, precondition, timer']] }),
    );
    expect(headerValues(bob.peer.last('INVITE'), 'Supported')).toEqual(['timer']);
  });

  describe('and insists', () => {
    const require: readonly Header[] = [['Require', '100rel']];
    let invite: SipRequest;
    beforeEach(async () => {
      invite = alice.initial('INVITE', BOB, { body: 'offer', headers: require });
      await alice.say(invite);
    });

    /** The provisional responses so far, without 100: status and RSeq. */
    const reliable = () =>
      alice
        .answersTo(invite)
        .filter(({ status }) => status > 100 && status < 200)
        .map((each) => {
          expect(headerValues(each, 'Require')).toEqual(['100rel']);
          return { status: each.status, rseq: Number(header(each, 'RSeq')), end: callerEnd(each) };
        });
    const first = () => reliable()[0] ?? expect.fail('no provisional response');
    const latest = () => reliable().at(-1) ?? expect.fail('no provisional response');
    const prack = async (number: number, rack: string, body?: string) => {
      const headers: readonly Header[] = [['RAck', rack]];
      const { status } = await alice.ask(
        alice.within(first().end, 'PRACK', number, { headers, ...(body !== undefined && { body }) }),
      );
      return status;
    };
    const pracksAtBrowser = () => bob.peer.requests.filter(({ method }) => method === 'PRACK');

    it('gets them numbered, and the network takes the PRACK in the name of the browser', async () => {
      const received = bob.peer.last('INVITE');
      expect(header(received, 'Require')).toBeUndefined();
      await bob.answer(received, 180);
      expect(await prack(2, `${first().rseq} 1 INVITE`)).toBe(200);
      await lab.core.clock.advance(5_000);
      expect(reliable()).toHaveLength(1);

      await bob.answer(received, 200, { body: 'answer' });
      const ok = alice.answersTo(invite).at(-1) ?? expect.fail('no answer');
      expect([ok.status, header(ok, 'RSeq'), hasOption(ok, 'Require', '100rel')]).toEqual([200, undefined, false]);
      await alice.say(alice.within(callerEnd(ok), 'ACK', 1));
      await pass(alice, bob, alice.within(callerEnd(ok), 'BYE', 3));
      expect([pracksAtBrowser(), lab.pcscf.calls()]).toEqual([[], []]);
    });

    it('gets each again after T1, 2*T1, 4*T1 until its PRACK comes, and no other one meanwhile', async () => {
      const received = bob.peer.last('INVITE');
      await bob.answer(received, 180);
      const repeated = async (ms: number) => {
        await lab.core.clock.advance(ms);
        return reliable().length;
      };
      expect([await repeated(600), await repeated(1_000), await repeated(2_000)]).toEqual([2, 3, 4]);
      await bob.answer(received, 183);
      expect(new Set(reliable().map(({ status }) => status))).toEqual(new Set([180]));

      const rseq = first().rseq;
      expect(await prack(2, `${rseq + 1} 1 INVITE`)).toBe(481);
      expect(await prack(3, `${rseq} 2 INVITE`)).toBe(481);
      expect(await prack(4, `${rseq}  1  INVITE`)).toBe(200);
      expect(await prack(5, `${rseq} 1 INVITE`)).toBe(481);
      expect(latest()).toMatchObject({ status: 183, rseq: rseq + 1 });
      expect(await prack(6, `${rseq + 1} 1 INVITE`)).toBe(200);
      expect(pracksAtBrowser()).toEqual([]);
    });

    it('may confirm after the answer, with which the repetitions end', async () => {
      const received = bob.peer.last('INVITE');
      await bob.answer(received, 180);
      await bob.answer(received, 200, { body: 'answer' });
      await alice.say(alice.within(first().end, 'ACK', 1));
      const before = reliable().length;
      await lab.core.clock.advance(10_000);
      expect(reliable()).toHaveLength(before);
      expect(await prack(2, `${first().rseq} 1 INVITE`)).toBe(200);
    });

    it('can offer nothing new in its PRACK', async () => {
      await bob.answer(bob.peer.last('INVITE'), 180);
      expect(await prack(2, `${first().rseq} 1 INVITE`, 'new offer')).toBe(488);
      const before = reliable().length;
      await lab.core.clock.advance(10_000);
      expect(reliable()).toHaveLength(before);
    });

    it('is refused when it confirms nothing in 64*T1, and the browser hears CANCEL', async () => {
      const received = bob.peer.last('INVITE');
      await bob.answer(received, 180);
      await lab.core.clock.advance(33_000);
      const final = alice.answersTo(invite).at(-1) ?? expect.fail('no answer');
      expect([final.status, header(bob.peer.last('CANCEL'), 'Reason')]).toEqual([
        expect.toSatisfy((status: number) => status >= 500 && status < 600),
        'SIP;cause=504;text="No PRACK came"',
      ]);
      await bob.answer(bob.peer.last('CANCEL'), 200);
      await bob.answer(received, 487);
      expect(lab.pcscf.calls()).toEqual([]);
    });

    it('may give up before it confirms', async () => {
      const received = bob.peer.last('INVITE');
      await bob.answer(received, 180);
      const copied = ['Via', 'Max-Forwards', 'Route', 'From', 'To', 'Call-ID'].flatMap((name) =>
        headerValues(invite, name).map((value): Header => [name, value]),
      );
      await alice.say(request('CANCEL', invite.uri, [...copied, ['CSeq', '1 CANCEL']]));
      await bob.answer(bob.peer.last('CANCEL'), 200);
      await bob.answer(received, 487);
      const before = alice.answersTo(invite).length;
      await lab.core.clock.advance(1_000);
      expect(
        alice
          .answersTo(invite)
          .slice(before)
          .map(({ status }) => status),
      ).not.toContain(180);
      expect(lab.pcscf.calls()).toEqual([]);
    });
  });

  it.each([
    ['preconditions', 'precondition', { body: 'offer' }],
    ['reliable responses without an offer, which the first of them would have to bring', '100rel', {}],
  ])('hears 420 when it insists on %s, and gets through when it asks again without', async (_name, option, words) => {
    const first = alice.initial('INVITE', BOB, { ...words, headers: [['Require', option]] });
    const refusal = await alice.ask(first);
    expect([refusal.status, header(refusal, 'Unsupported')]).toEqual([420, option]);
    expect(bob.peer.requests).toEqual([]);
    const { ok } = await connect(alice, bob, { callId: header(first, 'Call-ID') ?? '', cseq: 2 });
    expect(ok.status).toBe(200);
  });
});

describe('offers after the first', () => {
  beforeEach(browsers);

  it('go through the relay and hold and resume the call', async () => {
    const call = await connect(alice, bob);
    for (const [number, words] of [
      [2, 'sendonly'],
      [3, 'sendrecv'],
    ] as const) {
      const again = alice.within(call.caller, 'INVITE', number, { body: words });
      await alice.say(again);
      const received = bob.peer.last('INVITE');
      expect(bodyText(received)).toContain(words);
      await bob.answer(received, 200, { body: `answer to ${words}` });
      expect(alice.answersTo(again).at(-1)?.status).toBe(200);
      await alice.say(alice.within(call.caller, 'ACK', number));
    }
    expect(bob.peer.log.filter((each) => each === 'ACK')).toHaveLength(3);
  });

  it('that cross are both refused with 491, and the call goes on', async () => {
    const call = await connect(alice, bob);
    const hers = alice.within(call.caller, 'INVITE', 2, { body: 'hers' });
    const his = bob.within(call.called, 'INVITE', 1, { body: 'his' });
    await Promise.all([alice.say(hers), bob.say(his)]);
    await bob.answer(bob.peer.last('INVITE'), 491);
    await alice.answer(alice.peer.last('INVITE'), 491);
    expect(alice.answersTo(hers).map(({ status }) => status)).toEqual([100, 491]);
    expect(bob.answersTo(his).map(({ status }) => status)).toEqual([100, 491]);
    const again = alice.within(call.caller, 'INVITE', 3, { body: 'hers again' });
    await alice.say(again);
    await bob.answer(bob.peer.last('INVITE'), 200, { body: 'his answer' });
    expect(alice.answersTo(again).at(-1)?.status).toBe(200);
    expect(lab.pcscf.calls()).toMatchObject([{ state: 'confirmed' }]);
  });

  it('may come first from the called end: INVITE without SDP, the offer in the 200, the answer in the ACK', async () => {
    const invite = alice.initial('INVITE', BOB);
    await alice.say(invite);
    await bob.answer(bob.peer.last('INVITE'), 200, { body: 'late offer' });
    const ok = alice.answersTo(invite).at(-1) ?? expect.fail('no answer');
    expect(bodyText(ok)).toContain('late offer');
    await alice.say(alice.within(callerEnd(ok), 'ACK', 1, { body: 'late answer' }));
    expect(bodyText(bob.peer.last('ACK'))).toContain('late answer');
  });
});

describe('P-Charging-Vector', () => {
  beforeEach(nativePhones);

  type SipEvent = Extract<TraceEvent, { kind: 'sip' }>;
  const vectorsOf = (events: readonly TraceEvent[]) =>
    events
      .filter((event): event is SipEvent => event.kind === 'sip' && event.sip.cseq.split(' ')[1] !== 'ACK')
      .filter(({ sip }) => !/ (REGISTER|SUBSCRIBE|NOTIFY)$/.test(sip.cseq) && sip.status !== 100)
      .map((event) => ({ event, vector: /^P-Charging-Vector: (.*)$/m.exec(event.sip.raw)?.[1]?.trim() ?? '' }));

  it('has one ICID in all requests of a call on all hops, whoever sends them', async () => {
    const from = lab.events.length;
    const call = await connect(alice, bob);
    await pass(alice, bob, alice.within(call.caller, 'UPDATE', 2));
    await pass(bob, alice, bob.within(call.called, 'INFO', 1));
    const hold = bob.within(call.called, 'INVITE', 2, { body: 'hold' });
    await pass(bob, alice, hold);
    await bob.say(bob.within(call.called, 'ACK', 2));
    await pass(bob, alice, bob.within(call.called, 'BYE', 3));

    const inside = vectorsOf(lab.events.slice(from)).filter(
      ({ event }) => event.from.node !== 'ue' && event.to.node !== 'ue',
    );
    const requests = inside.filter(({ event }) => event.sip.status === 0);
    expect(new Set(requests.map(({ event }) => event.sip.method))).toEqual(
      new Set(['INVITE', 'UPDATE', 'INFO', 'BYE']),
    );
    expect(new Set(requests.map(({ vector }) => /icid-value="([^"]*)"/.exec(vector)?.[1])).size).toBe(1);
    // 4.5.4: type 1 between P- and S-CSCF, type 2 between the networks.
    for (const { event, vector } of requests) {
      const access = event.from.node === 'pcscf' || event.to.node === 'pcscf';
      expect(/orig-ioi="([^"]*)"/.exec(vector)?.[1]).toBe(access ? `Type 1${D}` : D);
      expect(vector).not.toContain('term-ioi');
    }
    const toUes = vectorsOf(lab.events.slice(from)).filter(
      ({ event }) => event.from.node === 'ue' || event.to.node === 'ue',
    );
    expect(toUes.length).toBeGreaterThan(0);
    expect(toUes.filter(({ vector }) => vector !== '')).toEqual([]);
  });

  it('of an answer has the request’s ICID and orig-ioi, and the answering network as term-ioi', async () => {
    const from = lab.events.length;
    await connect(alice, bob);
    const answers = vectorsOf(lab.events.slice(from)).filter(
      ({ event }) => event.sip.status === 200 && event.from.node !== 'ue' && event.to.node !== 'ue',
    );
    expect(answers).toHaveLength(4);
    for (const { event, vector } of answers) {
      const ioi = event.from.node === 'pcscf' || event.to.node === 'pcscf' ? `Type 1${D}` : D;
      expect(vector).toContain(`orig-ioi="${ioi}"`);
      expect(vector).toContain(`term-ioi="${ioi}"`);
    }
  });

  it('of the BYE with which the network ends a call has its ICID too', async () => {
    const from = lab.events.length;
    const call = await connect(alice, bob);
    const released = lab.pcscf.release(call.caller.callId);
    await lab.core.settle();
    for (const phone of [alice, bob]) await phone.answer(phone.peer.last('BYE'), 200);
    expect(await released).toBe(true);
    const requests = vectorsOf(lab.events.slice(from)).filter(
      ({ event }) => event.sip.status === 0 && event.from.node !== 'ue' && event.to.node !== 'ue',
    );
    expect(requests.filter(({ event }) => event.sip.method === 'BYE').length).toBeGreaterThan(2);
    expect(new Set(requests.map(({ vector }) => /icid-value="([^"]*)"/.exec(vector)?.[1])).size).toBe(1);
  });

  it('is another one for each call and each MESSAGE', async () => {
    const from = lab.events.length;
    for (const _ of [1, 2]) {
      await pass(alice, bob, alice.initial('MESSAGE', BOB));
      await connect(alice, bob);
    }
    const icids = vectorsOf(lab.events.slice(from)).flatMap(
      ({ vector }) => /icid-value="([^"]*)"/.exec(vector)?.[1] ?? [],
    );
    expect(new Set(icids).size).toBe(4);
  });
});

describe('requests other than calls', () => {
  beforeEach(browsers);

  it.each(['MESSAGE', 'OPTIONS', 'PUBLISH', 'INFO'])('%s reaches the user, and makes no dialog', async (method) => {
    const received = await pass(
      alice,
      bob,
      alice.initial(method, BOB, { body: 'words', contentType: 'text/plain' }),
      202,
    );
    expect(bodyText(received)).toBe('words');
    expect(header(received, 'Record-Route')).toBeUndefined();
    expect(header(received, 'P-Called-Party-ID')).toBe(`<${BOB}>`);
  });

  it.each([
    ['SUBSCRIBE', [['Event', 'presence']]],
    ['REFER', [['Refer-To', '<tel:+15550001003>']]],
  ] satisfies readonly (readonly [string, readonly Header[]])[])(
    '%s makes a dialog in which NOTIFY, a refresh and their answers find their way',
    async (method, headers) => {
      const opening = alice.initial(method, BOB, { headers });
      const received = await pass(alice, bob, opening, 202);
      // P-CSCF (two sides), S-CSCF, S-CSCF, P-CSCF (two sides)
      expect(headerValues(received, 'Record-Route')).toHaveLength(6);
      const [accepted] = alice.answersTo(opening);
      if (accepted === undefined) return expect.fail('no answer');
      const event: readonly Header[] = [
        ['Event', 'presence'],
        ['Subscription-State', 'active'],
      ];
      const notify = await pass(
        bob,
        alice,
        bob.within(calledEnd(received, bob.sim.name), 'NOTIFY', 1, { headers: event }),
      );
      expect(chargingVector(notify)).toBeUndefined();
      await pass(alice, bob, alice.within(callerEnd(accepted), method, 2, { headers }), 202);
      await pass(bob, alice, bob.within(calledEnd(received, bob.sim.name), 'NOTIFY', 2, { headers: event }));
    },
  );

  it.each([
    ['in E.164', 'tel:+15550001002'],
    ['with visual separators', 'tel:+1-(555)-000.1002'],
    ['with parameters', 'tel:+15550001002;phone-context=ims.example'],
    ['as a SIP URI', `sip:+15550001002@${D};user=phone`],
    ['as a SIP URI with visual separators', `sip:+1-555-000-1002@${D};user=phone`],
    ['by name', `sip:bob@${D}`],
    ['by name, the domain in capitals', `sip:bob@${D.toUpperCase()}`],
  ])('a number of the network %s reaches its user', async (_name, uri) => {
    await pass(alice, bob, alice.initial('MESSAGE', uri));
  });

  it.each([
    ['a user who is not registered', `sip:+15550001009@${D}`, 480],
    ['a number that nobody has', 'tel:+15550009999', 404],
    ['a name that nobody has', `sip:nobody@${D}`, 404],
    ['a local number', `tel:5551002;phone-context=${D}`, 484],
    ['a local number as a SIP URI', `sip:5551002;phone-context=${D}@${D};user=phone`, 484],
    ['another network', 'sip:bob@elsewhere.example', 404],
    ['an emergency service', 'urn:service:sos', 404],
  ])('%s is answered: %s with %i', async (_name, uri, status) => {
    expect((await alice.ask(alice.initial('MESSAGE', uri))).status).toBe(status);
    expect(bob.peer.requests).toEqual([]);
  });

  it.each([
    ['P-CSCF', 0],
    ['S-CSCF', 1],
    ['I-CSCF', 2],
    ['S-CSCF', 3],
    ['P-CSCF', 4],
  ])('may not go further than the %s with %i hops left: 483', async (box, maxForwards) => {
    const from = lab.events.length;
    expect((await alice.ask(alice.initial('MESSAGE', BOB, { maxForwards }))).status).toBe(483);
    const refused = lab.events.slice(from).find((event) => event.kind === 'sip' && event.sip.status === 483);
    expect(refused?.from.label).toBe(box);
    expect(bob.peer.requests).toEqual([]);
  });

  it('get there with five hops left, and none is left then', async () => {
    expect(header(await pass(alice, bob, alice.initial('MESSAGE', BOB, { maxForwards: 5 })), 'Max-Forwards')).toBe('0');
  });

  it('of 60 000 octets pass, and above 65 536 are refused with 513', async () => {
    const words = { contentType: 'text/plain' };
    await pass(alice, bob, alice.initial('MESSAGE', BOB, { ...words, body: 'x'.repeat(60_000) }));
    const seen = bob.peer.requests.length;
    expect((await alice.ask(alice.initial('MESSAGE', BOB, { ...words, body: 'x'.repeat(66_000) }))).status).toBe(513);
    expect(bob.peer.requests).toHaveLength(seen);
  });
});
