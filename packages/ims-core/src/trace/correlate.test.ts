import { describe, expect, it } from 'vitest';
import { Correlation } from './correlate.ts';
import type { TraceEvent, TraceParty, TraceSip } from './event.ts';
import { ladderText } from './export/text.ts';
import { eventName, ladderColumns } from './ladder.ts';

const alice: TraceParty = { node: 'ue', id: '001010000000001', label: 'Alice' };
const bob: TraceParty = { node: 'ue', id: '001010000000002', label: 'Bob' };
const pcscf: TraceParty = { node: 'pcscf', id: '', label: 'P-CSCF' };
const scscf: TraceParty = { node: 'scscf', id: '', label: 'S-CSCF' };
const hss: TraceParty = { node: 'hss', id: '', label: 'HSS' };
const relay: TraceParty = { node: 'relay', id: '', label: 'Media relay' };

let seq = 0;

function sip(
  from: TraceParty,
  to: TraceParty,
  start: string | number,
  sip: Partial<TraceSip>,
  cause: number | null = null,
): TraceEvent {
  seq += 1;
  const method = typeof start === 'string' ? start : (sip.cseq?.split(' ')[1] ?? '');
  return {
    kind: 'sip',
    seq,
    from,
    to,
    time: seq * 10,
    cause,
    sip: {
      transport: 'TCP',
      method,
      status: typeof start === 'number' ? start : 0,
      reason: '',
      requestUri: '',
      callId: 'c1',
      cseq: `1 ${method}`,
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
      ...sip,
    },
  };
}

function diameter(
  from: TraceParty,
  to: TraceParty,
  command: string,
  resultCode: number,
  cause: number | null,
): TraceEvent {
  seq += 1;
  return {
    kind: 'diameter',
    seq,
    from,
    to,
    time: seq * 10,
    cause,
    diameter: {
      command,
      commandCode: 303,
      request: resultCode === 0,
      applicationId: 16_777_216,
      hopByHop: 1,
      endToEnd: 1,
      sessionId: 's',
      resultCode,
      resultVendor: 0,
      resultName: '',
      userName: '',
      publicIdentity: '',
      avps: [],
      length: 100,
    },
  };
}

function registration(callId: string): TraceEvent[] {
  seq = 0;
  const register = { callId, cseq: '1 REGISTER', toUri: 'sip:alice@lab' };
  return [
    sip(alice, pcscf, 'REGISTER', register),
    sip(pcscf, scscf, 'REGISTER', register, 1),
    diameter(scscf, hss, 'MAR', 0, 2),
    diameter(hss, scscf, 'MAA', 2001, 3),
    sip(scscf, pcscf, 401, { ...register, aka: 'challenge' }, 4),
    sip(pcscf, alice, 401, { ...register, aka: 'challenge' }, 5),
    sip(alice, pcscf, 'REGISTER', { ...register, cseq: '2 REGISTER', aka: 'response' }),
    sip(pcscf, alice, 200, { ...register, cseq: '2 REGISTER' }, 7),
  ];
}

function correlate(events: readonly TraceEvent[]): Correlation {
  const correlation = new Correlation();
  for (const event of events) correlation.add(event);
  return correlation;
}

describe('Correlation', () => {
  it('puts a registration, its Diameter and its second REGISTER into one group and says how it ended', () => {
    const { groups } = correlate(registration('r1'));
    expect(groups).toHaveLength(1);
    expect(groups[0]).toMatchObject({
      kind: 'registration',
      title: 'Registration of Alice',
      outcome: 'ok',
      outcomeText: 'registered',
      letter: 'A',
    });
    expect(groups[0]?.events).toHaveLength(8);
  });

  it('opens a new group for the next registration with the same Call-ID', () => {
    const first = registration('r1');
    const again = sip(alice, pcscf, 'REGISTER', { callId: 'r1', cseq: '3 REGISTER' });
    expect(correlate([...first, again]).groups.map((group) => group.letter)).toEqual(['A', 'B']);
  });

  it('names and ends a de-registration that the P-CSCF makes for a lost UE', () => {
    seq = 1;
    const note = { code: 'FLOW_GRACE_OVER', text: '' };
    const lost: TraceEvent = { kind: 'note', seq: 1, from: alice, to: pcscf, time: 10, cause: null, note };
    const raw = 'REGISTER sip:lab SIP/2.0\r\nContact: <sip:a@b.invalid>;expires=0\r\n';
    const own = { callId: 'p1', cseq: '1 REGISTER', raw };
    const events = [lost, sip(pcscf, scscf, 'REGISTER', own, 1), sip(scscf, pcscf, 200, own, 2)];
    expect(correlate(events).groups.at(-1)).toMatchObject({
      title: 'De-registration of Alice',
      outcome: 'ok',
      outcomeText: 'de-registered',
    });
  });

  it('names the box that refused', () => {
    seq = 0;
    const events = [
      sip(alice, pcscf, 'INVITE', {}),
      sip(pcscf, scscf, 'INVITE', {}, 1),
      sip(scscf, pcscf, 404, { cseq: '1 INVITE', reason: 'Not Found' }, 2),
      sip(pcscf, alice, 404, { cseq: '1 INVITE', reason: 'Not Found' }, 3),
    ];
    expect(correlate(events).groups[0]).toMatchObject({ outcome: 'failed', outcomeText: '404 Not Found from S-CSCF' });
  });

  it('follows a call from ringing to its end', () => {
    seq = 0;
    const invite = { cseq: '1 INVITE' };
    const events = [
      sip(alice, pcscf, 'INVITE', invite),
      sip(pcscf, bob, 'INVITE', invite, 1),
      sip(bob, pcscf, 180, invite),
      sip(pcscf, alice, 180, invite, 3),
      sip(pcscf, alice, 200, invite, 3),
      sip(bob, pcscf, 'BYE', { cseq: '1 BYE' }),
    ];
    const group = correlate(events).groups[0];
    expect(group).toMatchObject({
      title: 'Call Alice to Bob',
      outcome: 'ok',
      outcomeText: 'ended by Bob',
      ringingAt: 40,
      answeredAt: 50,
      endedAt: 60,
    });
    expect([...(group?.ues ?? [])]).toEqual([alice.id, bob.id]);
  });

  it('follows causes both ways', () => {
    const correlation = correlate(registration('r1'));
    expect(correlation.effectsOf(4)).toEqual([5]);
    expect(correlation.groupOf(3)).toBe(correlation.groupOf(8));
  });

  it('keeps watchdogs and what else has no cause in the group of the boxes', () => {
    seq = 0;
    const { groups } = correlate([diameter(scscf, hss, 'DWR', 0, null), diameter(hss, scscf, 'DWA', 2001, 1)]);
    expect(groups.map((group) => group.title)).toEqual(['Between the boxes']);
    expect(groups[0]?.events).toHaveLength(2);
  });
});

describe('the ladder', () => {
  it('has this tab on the left, the network in the middle and the other UEs on the right', () => {
    const labels = ladderColumns([bob, alice, pcscf], alice.id).map((column) => column.label);
    expect(labels).toEqual(['Alice', 'P-CSCF', 'I-CSCF', 'S-CSCF', 'HSS', 'Media relay', 'Bob']);
  });

  it('has a second S-CSCF beside the first', () => {
    const second = { node: 'scscf', id: 'scscf2', label: 'S-CSCF 2' } as const;
    const labels = ladderColumns([alice, second], alice.id).map((column) => column.label);
    expect(labels).toEqual(['Alice', 'P-CSCF', 'I-CSCF', 'S-CSCF', 'S-CSCF 2', 'HSS', 'Media relay']);
  });

  it('names its rows by number, word and both ends', () => {
    const names = registration('r1').map(eventName);
    expect(names[0]).toBe('1 REGISTER Alice to P-CSCF');
    expect(names[3]).toBe('4 MAA 2001 HSS to S-CSCF');
    expect(names[5]).toBe('6 401 P-CSCF to Alice');
  });

  it('is drawn as text', () => {
    seq = 99;
    const media: TraceEvent = {
      kind: 'media',
      seq: 9,
      from: alice,
      to: relay,
      time: 90,
      cause: null,
      media: { what: 'DTLS connected', callId: 'c1', detail: '' },
    };
    expect(ladderText([...registration('r1'), media], { firstUe: alice.id, plain: true })).toMatchSnapshot();
  });
});
