import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DiameterOnWire, SipOnWire } from '../ports/trace-sink.ts';
import type { MessageChange, TraceEventInput, TraceSip } from './event.ts';
import { TraceHistory } from './history.ts';
import { SLAB_OCTETS } from './octet-ring.ts';

const box = (node: 'pcscf' | 'icscf', label: string) => ({ node, id: '', label }) as const;
const ends = { from: box('pcscf', 'P-CSCF'), to: box('icscf', 'I-CSCF') } as const;
const WAY = 1;
const BACK = 2;

function note(text: string): TraceEventInput {
  return { kind: 'note', note: { code: 'TEST', text }, ...ends, time: 0, cause: null };
}

function sip(callId: string, changes: readonly MessageChange[] = [], body = ''): SipOnWire {
  const text = `OPTIONS sip:b@x SIP/2.0\r\nCall-ID: ${callId}\r\nCSeq: 1 OPTIONS\r\n\r\n${body}`;
  return {
    kind: 'sip',
    octets: new TextEncoder().encode(text),
    ...ends,
    time: 5,
    cause: null,
    transport: 'TCP',
    changes,
  };
}

function sipOf(history: TraceHistory, seq: number): TraceSip | undefined {
  const event = history.get(seq);
  return event?.kind === 'sip' ? event.sip : undefined;
}

describe('TraceHistory', () => {
  it('numbers events from 1 without gaps', () => {
    const history = new TraceHistory();
    expect([
      history.record(note('a')),
      history.message(sip('b'), 'sender', WAY),
      history.record(note('c')),
      history.message(sip('d'), 'receiver', WAY),
    ]).toEqual([1, 2, 3, 4]);
    expect(history.after(0).map((event) => event.seq)).toEqual([1, 2, 3, 4]);
  });

  it('makes the event of a message from its octets', () => {
    const history = new TraceHistory();
    const changes: readonly MessageChange[] = [{ op: 'add', name: 'Via', after: 'x', why: 'RFC 3261 §16.6' }];
    history.message({ ...sip('a', changes), cause: 7 }, 'sender', WAY);
    expect(history.get(1)).toMatchObject({
      ...ends,
      seq: 1,
      kind: 'sip',
      time: 5,
      cause: 7,
      sip: { transport: 'TCP', method: 'OPTIONS', requestUri: 'sip:b@x', callId: 'a', changes, retransmission: false },
    });
  });

  it('keeps the octets as they were, whatever their owner writes over them afterwards', () => {
    const history = new TraceHistory();
    const message = sip('a');
    history.message(message, 'sender', WAY);
    message.octets.fill(0x20);
    expect(sipOf(history, 1)?.callId).toBe('a');
  });

  it.each([
    ['masks', false, 'masked (16 octets)'],
    ['shows', true, '000102030405060708090a0b0c0d0e0f'],
  ])('%s the keys of a Diameter message as the lab is set', (_, showSecrets, value) => {
    const history = new TraceHistory();
    const key = Uint8Array.from({ length: 16 }, (_octet, index) => index);
    // MAA: header, and a Confidentiality-Key (625, vendor 10415) alone.
    const octets = Uint8Array.of(
      ...[1, 0, 0, 48, 0x40, 0, 0x01, 0x2f, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2],
      ...[0, 0, 0x02, 0x71, 0xc0, 0, 0, 28, 0, 0, 0x28, 0xaf, ...key],
    );
    const message: DiameterOnWire = { kind: 'diameter', octets, ...ends, time: 0, cause: null, showSecrets };
    const event = history.get(history.message(message, 'sender', 0));
    expect(event?.kind === 'diameter' && event.diameter).toMatchObject({
      command: 'MAA',
      length: 48,
      avps: [{ name: 'Confidentiality-Key', value }],
    });
  });
});

describe('the reports of both ends', () => {
  it('make one event', () => {
    const history = new TraceHistory();
    const sent = history.message(sip('a'), 'sender', WAY);
    expect(history.message(sip('a'), 'receiver', WAY)).toBe(sent);
    expect(history.after(0)).toHaveLength(1);
  });

  it('make one event also when the receiver is first', () => {
    const history = new TraceHistory();
    const arrived = history.message(sip('a'), 'receiver', WAY);
    expect(history.message(sip('a'), 'sender', WAY)).toBe(arrived);
  });

  it('make another event, and a retransmission, when the message comes again', () => {
    const history = new TraceHistory();
    const ways = ['sender', 'receiver', 'sender', 'receiver'] as const;
    expect(ways.map((by) => history.message(sip('a'), by, WAY))).toEqual([1, 1, 2, 2]);
    expect([1, 2].map((seq) => sipOf(history, seq)?.retransmission)).toEqual([false, true]);
  });

  it('join in the order of sending when several are on their way', () => {
    const history = new TraceHistory();
    const reports = ['sender', 'sender', 'sender', 'receiver', 'receiver', 'receiver'] as const;
    expect(reports.map((by) => history.message(sip('a'), by, WAY))).toEqual([1, 2, 3, 1, 2, 3]);
  });

  it('are those of two messages when the octets went another way or differ at their end', () => {
    const history = new TraceHistory();
    history.message(sip('a'), 'sender', WAY);
    expect(history.message(sip('a'), 'receiver', BACK)).toBe(2);
    expect(history.message(sip('a', [], '1'), 'receiver', WAY)).toBe(3);
    expect(history.after(0).some((event) => event.kind === 'sip' && event.sip.retransmission)).toBe(false);
  });

  it('of a peer that is not of the lab make an event each, repetitions marked', () => {
    const history = new TraceHistory();
    expect([1, 2, 3].map(() => history.message(sip('a'), 'receiver', WAY))).toEqual([1, 2, 3]);
    expect([1, 2, 3].map((seq) => sipOf(history, seq)?.retransmission)).toEqual([false, true, true]);
  });
});

describe('the bounds of the history', () => {
  it('forgets the oldest events above its limit and still finds the others by number', () => {
    const history = new TraceHistory(100);
    for (let at = 1; at <= 1_000; at += 1) {
      if (at % 3 === 0) history.record(note(String(at)));
      else history.message(sip(String(at)), 'sender', WAY);
    }
    expect(history.after(0)).toHaveLength(100);
    expect(history.firstSeq).toBe(901);
    expect(history.get(900)).toBeUndefined();
    expect(sipOf(history, 901)?.callId).toBe('901');
    expect(history.get(999)).toMatchObject({ note: { text: '999' } });
    expect(history.after(990).map((event) => event.seq)).toEqual([991, 992, 993, 994, 995, 996, 997, 998, 999, 1_000]);
    expect(history.after(990.5, 2).map((event) => event.seq)).toEqual([991, 992]);
  });

  it('forgets the oldest events when their octets are needed, and no other', () => {
    const history = new TraceHistory(10_000, 2 * SLAB_OCTETS);
    const body = 'x'.repeat(60_000);
    for (let at = 1; at <= 100; at += 1) {
      history.message(sip(String(at), [], `${at}${body}`), 'sender', WAY);
      history.record(note(String(at)));
    }
    const kept = history.after(0);
    const octets = kept.reduce((sum, event) => sum + (event.kind === 'sip' ? event.sip.raw.length : 0), 0);
    expect(octets).toBeLessThanOrEqual(2 * SLAB_OCTETS);
    expect(octets).toBeGreaterThan(2 * SLAB_OCTETS - 4 * 60_000);
    for (const event of kept) {
      if (event.kind === 'sip') expect(event.sip.callId).toBe(String((event.seq + 1) / 2));
    }
  });

  it('cuts what does not fit a slab instead of failing', () => {
    const history = new TraceHistory(100, 2 * SLAB_OCTETS);
    const change = { op: 'replace', name: 'body', before: 'x'.repeat(SLAB_OCTETS), why: 'y' } as const;
    history.message(sip('changes', [change]), 'sender', WAY);
    history.message(sip('octets', [], 'x'.repeat(2 * SLAB_OCTETS)), 'sender', WAY);
    expect(sipOf(history, 1)).toMatchObject({ callId: 'changes', changes: [] });
    expect(sipOf(history, 2)?.raw).toHaveLength(SLAB_OCTETS);
  });

  it('reads back every message that it still has, whatever their sizes are', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 1, maxLength: 40 }), (sizes) => {
        const history = new TraceHistory(16, 2 * SLAB_OCTETS);
        sizes.forEach((size, at) => {
          const change = { op: 'add', name: 'X', after: `after ${at}`, why: 'because' } as const;
          history.message(sip(`call ${at}`, [change], 'b'.repeat(size)), 'sender', WAY);
        });
        const kept = history.after(0);
        expect(kept.length).toBeGreaterThan(0);
        expect(kept.at(-1)?.seq).toBe(sizes.length);
        for (const event of kept) {
          const at = event.seq - 1;
          expect(event.kind === 'sip' && event.sip).toMatchObject({
            callId: `call ${at}`,
            changes: [{ after: `after ${at}` }],
          });
          expect(event.kind === 'sip' && event.sip.raw.endsWith('b'.repeat(sizes[at] ?? 0))).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('knows a message again only while its event is there', () => {
    const history = new TraceHistory(10);
    history.message(sip('a'), 'sender', WAY);
    for (let at = 0; at < 10; at += 1) history.message(sip(`other ${at}`), 'sender', WAY);
    expect(history.message(sip('a'), 'receiver', WAY)).toBe(12);
    expect(sipOf(history, 12)?.retransmission).toBe(false);
  });

  it('goes on with its numbers after a clear, and knows no message of before', () => {
    const history = new TraceHistory();
    history.record(note('a'));
    history.message(sip('b'), 'sender', WAY);
    history.clear();
    expect(history.after(0)).toEqual([]);
    expect(history.firstSeq).toBe(3);
    expect(history.get(2)).toBeUndefined();
    expect(history.message(sip('b'), 'receiver', WAY)).toBe(3);
    expect(history.record(note('b'))).toBe(4);
  });

  it('tells each listener the number of each event until it stops listening', () => {
    const history = new TraceHistory();
    const heard: number[] = [];
    const stop = history.subscribe((seq) => heard.push(seq));
    history.record(note('a'));
    history.message(sip('b'), 'sender', WAY);
    history.message(sip('b'), 'receiver', WAY);
    stop();
    history.record(note('c'));
    expect(heard).toEqual([1, 2]);
  });
});
