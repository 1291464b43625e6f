import type { CallView } from '@imslab/ims-core/api/lab-api';
import type { TraceEvent } from '@imslab/ims-core/trace/event';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { allOf, impu, runSipp, type SippOptions } from './kit/sipp.ts';
import { waitUntil } from './kit/wait-until.ts';

const CALLED_PORT = 5091;
const CALLERS = [1, 2, 3, 4, 5];
const CALLED = [6, 7, 8, 9, 10];

type SipEvent = Extract<TraceEvent, { kind: 'sip' }>;

const bodyOf = ({ sip }: SipEvent) => sip.raw.slice(sip.raw.indexOf('\r\n\r\n') + 4);
const headerOf = ({ sip }: SipEvent, name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(sip.raw)?.[1]?.trim();

describe.skipIf(!hasProgram('sipp'))('calls between SIPp and SIPp', () => {
  let lab: LabProcess;

  beforeAll(async () => {
    lab = await LabProcess.start({ env: { IMSLAB_AUTHENTICATION_AVOID_ZERO_OCTET_IN_RES: 'true' } });
  });
  afterAll(() => lab?.close());

  /** Registers the called ones, lets them wait for calls, and has the callers register and call. */
  async function callsOf(calls: number, caller: Partial<SippOptions>): Promise<SipEvent[]> {
    const called = { port: CALLED_PORT, subscribers: CALLED };
    expect(await runSipp(lab, { scenario: 'register-aka.xml', calls: CALLED.length, ...called })).toEqual(
      allOf(CALLED.length),
    );
    await fetch(new URL('/api/v1/trace', lab.url), { method: 'DELETE' });
    const [answering, calling] = await Promise.all([
      runSipp(lab, { scenario: 'answer-call.xml', calls, ...called }),
      runSipp(lab, { scenario: 'register-and-call.xml', calls, ratePerS: 5, callees: CALLED, ...caller }),
    ]);
    expect({ calling, answering }).toEqual({ calling: allOf(calls), answering: allOf(calls) });
    await waitUntil('no call is left', async () => (await lab.json<CallView[]>('/api/v1/calls')).length === 0);
    const { events } = await lab.json<{ events: TraceEvent[] }>('/api/v1/trace');
    return events.filter((event) => event.kind === 'sip');
  }

  it('go through P-, S-, I- and S-CSCF as the UEs that share two UDP sockets, 20 of 20', async () => {
    const events = await callsOf(20, { subscribers: CALLERS });
    const invites = events.filter(({ sip }) => sip.method === 'INVITE' && sip.status === 0);
    const atCallers = invites.filter(({ from }) => from.node === 'ue');
    const atCalled = invites.filter(({ to }) => to.node === 'ue');
    expect(atCallers).toHaveLength(20);
    expect(atCalled).toHaveLength(20);
    for (const sent of atCallers) {
      const got = atCalled.find(({ sip }) => sip.callId === sent.sip.callId);
      const n = Number(sent.from.id.slice(-2));
      expect(got && headerOf(got, 'P-Asserted-Identity')).toBe(`<${impu(n)}>`);
      expect(got?.to.id.slice(-2)).toBe(String(n + 5).padStart(2, '0'));
      expect(got && bodyOf(got)).toBe(bodyOf(sent));
    }
  });

  it('show every message of a call on every hop, and the answer as it was', async () => {
    const events = await callsOf(1, { subscribers: [1] });
    const hops = (method: string, status: number) =>
      events
        .filter(({ sip }) => sip.cseq.endsWith(` ${method}`) && sip.status === status && !sip.retransmission)
        .map(({ from, to }) => `${from.label} > ${to.label}`);
    const outward = [
      'Alice > P-CSCF',
      'P-CSCF > S-CSCF',
      'S-CSCF > I-CSCF',
      'I-CSCF > S-CSCF',
      'S-CSCF > P-CSCF',
      'P-CSCF > Frank',
    ];
    const back = [
      'Frank > P-CSCF',
      'P-CSCF > S-CSCF',
      'S-CSCF > I-CSCF',
      'I-CSCF > S-CSCF',
      'S-CSCF > P-CSCF',
      'P-CSCF > Alice',
    ];
    expect(hops('INVITE', 0)).toEqual(outward);
    expect(hops('INVITE', 180)).toEqual(back);
    expect(hops('INVITE', 200)).toEqual(back);
    expect(hops('ACK', 0).at(0)).toBe('Alice > P-CSCF');
    expect(hops('ACK', 0).at(-1)).toBe('P-CSCF > Frank');
    expect(hops('BYE', 0).at(0)).toBe('Alice > P-CSCF');
    expect(hops('BYE', 0).at(-1)).toBe('P-CSCF > Frank');
    expect(hops('BYE', 200).at(-1)).toBe('P-CSCF > Alice');
    const answers = events.filter(({ sip }) => sip.status === 200 && sip.cseq.endsWith(' INVITE'));
    expect(new Set(answers.map(bodyOf)).size).toBe(1);
  });

  it.each([
    ['UDP, each call from another port', { sockets: 'un', subscribers: CALLERS }, 5],
    ['TCP, one caller on one connection', { sockets: 't1', subscribers: [1], atOnce: 1 }, 5],
    ['TCP, each caller on a connection', { sockets: 'tn', subscribers: CALLERS }, 5],
  ] satisfies readonly (readonly [string, Partial<SippOptions>, number])[])(
    'cross from %s to UDP',
    async (_name, caller, calls) => {
      await callsOf(calls, caller);
    },
  );
});
