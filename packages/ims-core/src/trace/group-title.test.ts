import { describe, expect, it } from 'vitest';
import { Correlation } from './correlate.ts';
import type { TraceEvent, TraceParty, TraceSip } from './event.ts';

const alice: TraceParty = { node: 'ue', id: '001010000000001', label: 'Alice' };
const bob: TraceParty = { node: 'ue', id: '001010000000002', label: 'Bob' };
const carol: TraceParty = { node: 'ue', id: '001010000000003', label: 'Carol' };
const pcscf: TraceParty = { node: 'pcscf', id: '', label: 'P-CSCF' };
const scscf: TraceParty = { node: 'scscf', id: '', label: 'S-CSCF' };
const as: TraceParty = { node: 'as', id: '', label: 'AS' };

const silent: TraceSip = {
  transport: 'TCP',
  method: '',
  status: 0,
  reason: '',
  requestUri: '',
  callId: 'c1',
  cseq: '',
  fromUri: 'sip:alice@lab',
  toUri: 'sip:bob@lab',
  fromTag: '',
  toTag: '',
  icid: '',
  sdp: false,
  aka: '',
  raw: '',
  changes: [],
  retransmission: false,
};

function event(seq: number, from: TraceParty, to: TraceParty, sip: Partial<TraceSip>): TraceEvent {
  const { method = '' } = sip;
  return { kind: 'sip', seq, from, to, time: seq, cause: null, sip: { ...silent, cseq: `1 ${method}`, ...sip } };
}

/** Bob registered with two identities in two header lines. */
const bobsRegistration = event(1, pcscf, bob, {
  status: 200,
  method: 'REGISTER',
  cseq: '2 REGISTER',
  callId: 'r',
  raw: 'SIP/2.0 200 OK\r\nP-Associated-URI: <sip:+15550001002@lab>, <tel:+15550001002>\r\nP-Associated-URI: <sip:Bob@lab>\r\n',
});

const subscribers: Readonly<Record<string, string>> = { 'sip:ivan@lab': 'Ivan' };

function titleOf(first: TraceEvent, ...more: readonly TraceEvent[]): string {
  const correlation = new Correlation((identity) => subscribers[identity]);
  correlation.add(bobsRegistration);
  for (const each of [first, ...more]) correlation.add(each);
  return correlation.groupOf(first.seq)?.title ?? '';
}

describe('the title of a group', () => {
  it.each([
    ['a call by number', { method: 'INVITE', toUri: 'sip:+15550001002@lab' }, 'Call Alice to Bob'],
    ['a call by name', { method: 'INVITE', toUri: 'sip:bob@lab' }, 'Call Alice to Bob'],
    ['a call by tel URI', { method: 'INVITE', toUri: 'tel:+15550001002' }, 'Call Alice to Bob'],
    ['a call to one who never registered', { method: 'INVITE', toUri: 'sip:ivan@lab' }, 'Call Alice to Ivan'],
    ['a call to nobody', { method: 'INVITE', toUri: 'sip:judy@lab' }, 'Call Alice to judy'],
    ['a message', { method: 'MESSAGE', toUri: 'sip:+15550001002@lab' }, 'Message from Alice to Bob'],
    ['another request', { method: 'OPTIONS', toUri: 'sip:bob@lab' }, 'OPTIONS Alice to Bob'],
    [
      'a subscription to the own registration',
      { method: 'SUBSCRIBE', raw: 'SUBSCRIBE x\r\nEvent: reg\r\n' },
      'Alice’s phone watches its registration',
    ],
    ['another subscription', { method: 'SUBSCRIBE', raw: 'Event: presence\r\n' }, 'SUBSCRIBE Alice to Bob'],
  ])('names the people of %s', (_what, sip, title) => {
    expect(titleOf(event(2, alice, pcscf, sip))).toBe(title);
  });

  it('names the box that acts for nobody', () => {
    const watch = { method: 'SUBSCRIBE', raw: 'o: reg\r\n', fromUri: 'sip:pcscf.lab' };
    expect(titleOf(event(2, pcscf, scscf, watch))).toBe('P-CSCF watches the registration of Bob');
    expect(titleOf(event(2, scscf, as, { method: 'REGISTER', fromUri: 'sip:scscf.lab' }))).toBe(
      'S-CSCF tells an application server about Bob',
    );
  });

  it.each([
    ['', 'Call Alice to Carol'],
    ['History-Info: <sip:+15550001002@lab>;index=1, <sip:carol@ue>;index=1.1;rc=1\r\n', 'Call Alice to Carol'],
    [
      'History-Info: <sip:+15550001002@lab>;index=1, <sip:carol@lab;cause=302>;index=1.1;mp=1\r\n',
      'Call Alice to Carol (forwarded from Bob)',
    ],
  ])('names who was called when another was reached: %j', (history, title) => {
    const toUri = 'sip:+15550001002@lab';
    const raw = `INVITE sip:carol@ue SIP/2.0\r\n${history}`;
    expect(
      titleOf(
        event(2, alice, pcscf, { method: 'INVITE', toUri }),
        event(3, pcscf, carol, { method: 'INVITE', toUri, raw }),
      ),
    ).toBe(title);
  });

  it('names who was reached when the address said nothing', () => {
    const first = event(2, alice, pcscf, { method: 'MESSAGE', toUri: 'sip:+15550001999@lab' });
    expect(titleOf(first)).toBe('Message from Alice to +15550001999');
    expect(titleOf(first, event(3, pcscf, bob, { method: 'MESSAGE' }))).toBe('Message from Alice to Bob');
  });
});
