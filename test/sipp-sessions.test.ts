import type { CallView } from '@imslab/ims-core/api/lab-api';
import { LAB_DOMAIN } from '@imslab/ims-core/nodes/hss/seeded-subscribers';
import type { TraceEvent } from '@imslab/ims-core/trace/event';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NodeSipTransport } from '../apps/gateway/src/sip/node-sip-transport.ts';
import { ScriptedUe } from '../packages/ims-core/test/kit/scripted-ue.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { allOf, impu, runSipp, type SippOptions } from './kit/sipp.ts';
import type { ScenarioValues } from './kit/sipp-scenario.ts';
import { waitUntil } from './kit/wait-until.ts';

/** Numbers of the seeded subscribers. */
const CALLER = 1;
const CALLED = 6;
const NOT_REGISTERED = 9;
const CALLED_PORT = 5091;
const SECOND_PORT = 5092;
/** Shortest and usual session interval of this lab, seconds. */
const SESSION_EXPIRES_S = '2';

type SipEvent = Extract<TraceEvent, { kind: 'sip' }>;

const imsi = (n: number) => `0010100000000${String(n).padStart(2, '0')}`;
const headerOf = ({ sip }: SipEvent, name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(sip.raw)?.[1]?.trim();
const icidOf = (event: SipEvent) => /icid-value="([^"]*)"/.exec(headerOf(event, 'P-Charging-Vector') ?? '')?.[1];

describe.skipIf(!hasProgram('sipp'))('sessions between SIPp and SIPp', () => {
  let lab: LabProcess;

  beforeAll(async () => {
    lab = await LabProcess.start({
      env: {
        IMSLAB_AUTHENTICATION_AVOID_ZERO_OCTET_IN_RES: 'true',
        IMSLAB_SESSION_SESSION_EXPIRES_S: SESSION_EXPIRES_S,
        IMSLAB_SESSION_MIN_SE_S: SESSION_EXPIRES_S,
      },
    });
  });
  afterAll(() => lab?.close());

  const registerCalled = async (port = CALLED_PORT) =>
    expect(await runSipp(lab, { scenario: 'register-aka.xml', calls: 1, port, subscribers: [CALLED] })).toEqual(
      allOf(1),
    );
  const called = (scenario: string, options: Partial<SippOptions> = {}) =>
    runSipp(lab, { scenario, calls: 1, port: CALLED_PORT, subscribers: [CALLED], ...options });
  const caller = (scenario: string, options: Partial<SippOptions> = {}) =>
    runSipp(lab, { scenario, calls: 1, subscribers: [CALLER], callees: [CALLED], ...options });
  const clearTrace = () => fetch(new URL('/api/v1/trace', lab.url), { method: 'DELETE' });
  const calls = () => lab.json<CallView[]>('/api/v1/calls');

  /** The SIP messages of the sessions, in order. */
  async function messages(): Promise<SipEvent[]> {
    await waitUntil('no call is left', async () => (await calls()).length === 0);
    const { events } = await lab.json<{ events: TraceEvent[] }>('/api/v1/trace');
    return events
      .filter((event) => event.kind === 'sip')
      .filter(({ sip }) => !sip.retransmission && !/ (REGISTER|SUBSCRIBE)$/.test(sip.cseq) && sip.status !== 100);
  }

  /** What one UE sent (`>`) and got (`<`). */
  const at = (n: number, events: readonly SipEvent[]) =>
    events.flatMap(({ from, to, sip }) => {
      const word = sip.status === 0 ? sip.method : `${sip.status} ${sip.cseq.split(' ')[1]}`;
      if (from.id === imsi(n)) return [`> ${word}`];
      return to.id === imsi(n) ? [`< ${word}`] : [];
    });

  /** Plays a scenario with its two ends; both go as written. */
  async function play(name: string, values: ScenarioValues = {}): Promise<SipEvent[]> {
    await registerCalled();
    await clearTrace();
    const outcome = await Promise.all([
      called(`${name}-called.xml`, { values }),
      caller(`${name}-caller.xml`, { values }),
    ]);
    expect(outcome).toEqual([allOf(1), allOf(1)]);
    return messages();
  }

  it.each([
    [
      'a call that is cancelled while it rings',
      'cancel',
      ['> INVITE', '< 180 INVITE', '> CANCEL', '< 200 CANCEL', '< 487 INVITE', '> ACK'],
      ['< INVITE', '> 180 INVITE', '< CANCEL', '> 200 CANCEL', '> 487 INVITE', '< ACK'],
    ],
    [
      'a CANCEL that crosses the answer: the call is there and is hung up',
      'cancel-race',
      ['> INVITE', '< 180 INVITE', '> CANCEL', '< 200 CANCEL', '< 200 INVITE', '> ACK', '> BYE', '< 200 BYE'],
      ['< INVITE', '> 180 INVITE', '< CANCEL', '> 200 INVITE', '> 200 CANCEL', '< ACK', '< BYE', '> 200 BYE'],
    ],
    [
      'preconditions: 183 with PRACK, UPDATE, ringing, answer',
      'precondition',
      [
        ...['> INVITE', '< 183 INVITE', '> PRACK', '< 200 PRACK', '> UPDATE', '< 200 UPDATE'],
        ...['< 180 INVITE', '< 200 INVITE', '> ACK', '> BYE', '< 200 BYE'],
      ],
      [
        ...['< INVITE', '> 183 INVITE', '< PRACK', '> 200 PRACK', '< UPDATE', '> 200 UPDATE'],
        ...['> 180 INVITE', '> 200 INVITE', '< ACK', '< BYE', '> 200 BYE'],
      ],
    ],
    [
      'hold and resume by re-INVITE',
      'hold',
      [
        ...['> INVITE', '< 180 INVITE', '< 200 INVITE', '> ACK', '> INVITE', '< 200 INVITE', '> ACK'],
        ...['> INVITE', '< 200 INVITE', '> ACK', '> BYE', '< 200 BYE'],
      ],
      [
        ...['< INVITE', '> 180 INVITE', '> 200 INVITE', '< ACK', '< INVITE', '> 200 INVITE', '< ACK'],
        ...['< INVITE', '> 200 INVITE', '< ACK', '< BYE', '> 200 BYE'],
      ],
    ],
    [
      'REFER within the call, and its NOTIFY',
      'refer',
      [
        ...['> INVITE', '< 180 INVITE', '< 200 INVITE', '> ACK', '> REFER', '< 202 REFER', '< NOTIFY', '> 200 NOTIFY'],
        ...['> BYE', '< 200 BYE'],
      ],
      [
        ...['< INVITE', '> 180 INVITE', '> 200 INVITE', '< ACK', '< REFER', '> 202 REFER', '> NOTIFY', '< 200 NOTIFY'],
        ...['< BYE', '> 200 BYE'],
      ],
    ],
    [
      'BYE of the called end',
      'called-hangs-up',
      ['> INVITE', '< 180 INVITE', '< 200 INVITE', '> ACK', '< BYE', '> 200 BYE'],
      ['< INVITE', '> 180 INVITE', '> 200 INVITE', '< ACK', '> BYE', '< 200 BYE'],
    ],
    [
      'OPTIONS and MESSAGE',
      'standalone',
      ['> OPTIONS', '< 200 OPTIONS', '> MESSAGE', '< 200 MESSAGE'],
      ['< OPTIONS', '> 200 OPTIONS', '< MESSAGE', '> 200 MESSAGE'],
    ],
  ])('%s', async (_name, scenario, ofCaller, ofCalled) => {
    const events = await play(scenario);
    expect(at(CALLER, events)).toEqual(ofCaller);
    expect(at(CALLED, events)).toEqual(ofCalled);
  });

  /** The boxes that a request goes through, from its sender to its receiver. */
  const way = (method: string, events: readonly SipEvent[]) =>
    events
      .filter(({ sip }) => sip.status === 0 && sip.method === method)
      .flatMap(({ from, to }, index) => (index === 0 ? [from.label, to.label] : [to.label]));

  it('mobile originated alone: SIPp calls the echo test, which answers by itself', async () => {
    await clearTrace();
    const callees = [`sip:echo@${LAB_DOMAIN}`];
    expect(await caller('mo-caller.xml', { callees })).toEqual(allOf(1));
    const events = await messages();
    expect(at(CALLER, events)).toEqual(['> INVITE', '< 200 INVITE', '> ACK', '> BYE', '< 200 BYE']);
    expect(way('INVITE', events)).toEqual(['Alice', 'P-CSCF', 'S-CSCF', 'I-CSCF', 'S-CSCF', 'AS']);
    expect(way('BYE', events)).toEqual(['Alice', 'P-CSCF', 'S-CSCF', 'S-CSCF', 'AS']);
  });

  it('mobile terminated alone: a phone of another make calls SIPp and hangs up', async () => {
    await registerCalled();
    const bob = new ScriptedUe('Bob', {
      transport: () => new NodeSipTransport({ box: 'Bob', listen: [] }),
      pcscf: { transport: 'TCP', host: lab.host, port: 5060 },
      settle: async () => {},
    });
    try {
      await bob.startRegister(600);
      await waitUntil('Bob is registered', () => bob.registerAnswers.at(-1)?.status === 200);
      await clearTrace();
      const answering = called('mt-called.xml');
      const call = await bob.invite(impu(CALLED));
      await waitUntil('they talk', () => call.state === 'talking');
      await bob.hangUp();
      expect(await answering).toEqual(allOf(1));
    } finally {
      await bob.drop();
    }
    const events = await messages();
    expect(at(CALLED, events)).toEqual([
      ...['< INVITE', '> 180 INVITE', '> 200 INVITE', '< ACK', '< BYE', '> 200 BYE'],
    ]);
    const [arrived] = events.filter(({ to, sip }) => to.id === imsi(CALLED) && sip.method === 'INVITE');
    expect(arrived && headerOf(arrived, 'P-Asserted-Identity')).toContain(bob.impu);
    expect(arrived && headerOf(arrived, 'P-Called-Party-ID')).toBe(`<${impu(CALLED)}>`);
  });

  it('a call keeps one charging identity on all hops, from INVITE to the BYE of either end', async () => {
    for (const scenario of ['precondition', 'called-hangs-up']) {
      const all = await play(scenario);
      const callId = all.find(({ sip }) => sip.method === 'INVITE')?.sip.callId;
      const events = all.filter(({ sip }) => sip.callId === callId);
      const inside = events.filter(({ from, to }) => from.node !== 'ue' && to.node !== 'ue');
      const charged = inside.filter(({ sip }) => sip.status === 0 && sip.method !== 'ACK');
      expect(charged.length).toBeGreaterThan(6);
      expect(new Set(charged.map(icidOf)).size).toBe(1);
      expect(icidOf(charged[0] ?? expect.fail('nothing is charged'))).toMatch(/^[0-9a-f-]{36}$/);
      const outside = events.filter(({ from, to }) => from.node === 'ue' || to.node === 'ue');
      expect(outside.map((event) => headerOf(event, 'P-Charging-Vector'))).toEqual(outside.map(() => undefined));
    }
  });

  it('a session that is refreshed once and then no more is released at both ends with 408', async () => {
    const events = await play('expiry');
    const refused = ['> INVITE', '< 422 INVITE', '> ACK'];
    const talking = ['> INVITE', '< 180 INVITE', '< 200 INVITE', '> ACK', '> UPDATE', '< 200 UPDATE'];
    expect(at(CALLER, events)).toEqual([...refused, ...talking, '< BYE', '> 200 BYE']);
    expect(at(CALLED, events).slice(-2)).toEqual(['< BYE', '> 200 BYE']);
    const { events: all } = await lab.json<{ events: TraceEvent[] }>('/api/v1/trace');
    const notes = all.flatMap((event) => (event.kind === 'note' ? [event.note.code] : []));
    expect(notes.filter((code) => code.startsWith('SESSION_'))).toEqual(['SESSION_EXPIRED', 'SESSION_RELEASED']);
  });

  it('a call that the operator releases ends at both ends, which hear why; a call that is not there is 404', async () => {
    await registerCalled();
    await clearTrace();
    const values = { cause: '503' };
    const ends = Promise.all([called('released-called.xml', { values }), caller('released-caller.xml', { values })]);
    await waitUntil('they talk', async () => (await calls())[0]?.state === 'confirmed');
    const [call] = await calls();
    const release = () =>
      fetch(new URL(`/api/v1/calls/${encodeURIComponent(call?.callId ?? '')}`, lab.url), { method: 'DELETE' });
    expect((await release()).status).toBe(204);
    expect(await ends).toEqual([allOf(1), allOf(1)]);
    const events = await messages();
    for (const n of [CALLER, CALLED]) expect(at(n, events).slice(-2)).toEqual(['< BYE', '> 200 BYE']);
    expect((await release()).status).toBe(404);
  });

  it('a user with two phones: both ring, one answers, the other hears that it is answered elsewhere', async () => {
    for (const [device, port] of [
      ['1', CALLED_PORT],
      ['2', SECOND_PORT],
    ] as const) {
      expect(await called('register-device.xml', { port, values: { device } })).toEqual(allOf(1));
    }
    await clearTrace();
    const outcome = await Promise.all([
      called('forked-answering.xml'),
      called('forked-cancelled.xml', { port: SECOND_PORT }),
      caller('forked-caller.xml'),
    ]);
    expect(outcome).toEqual([allOf(1), allOf(1), allOf(1)]);
    const events = await messages();
    const seen = at(CALLED, events);
    expect(seen.filter((word) => word === '< INVITE')).toHaveLength(2);
    expect(seen.filter((word) => word === '< CANCEL')).toHaveLength(1);
    expect(at(CALLER, events).filter((word) => word !== '< 180 INVITE')).toEqual([
      ...['> INVITE', '< 200 INVITE', '> ACK', '> BYE', '< 200 BYE'],
    ]);
  });

  it.each([
    ['a user who is not registered', NOT_REGISTERED, '480'],
    ['a number that nobody has', 'tel:+15550009999', '404'],
    ['a local number', 'tel:5551002', '484'],
    ['another network', 'sip:bob@elsewhere.example', '404'],
  ])('a call to %s is refused', async (_name, callee, status) => {
    await clearTrace();
    expect(await caller('refused-caller.xml', { callees: [callee], values: { status } })).toEqual(allOf(1));
    expect(at(CALLER, await messages())).toEqual(['> INVITE', `< ${status} INVITE`, '> ACK']);
  });

  it('a wrong response to the challenge is refused with 403, and registers nobody', async () => {
    await clearTrace();
    expect(await runSipp(lab, { scenario: 'register-wrong-response.xml', calls: 1, subscribers: [10] })).toEqual(
      allOf(1),
    );
    const registrations = await lab.json<{ impi: string }[]>('/api/v1/registrations');
    expect(registrations.map(({ impi }) => impi.slice(0, 15))).not.toContain(imsi(10));
  });
});
