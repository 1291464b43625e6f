import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { DEFAULT_HISTORY_EVENTS, TraceHistory } from '../src/trace/history.ts';

const box = { node: 'pcscf', id: '', label: 'P-CSCF' } as const;
const MESSAGE_OCTETS = 1_200;
/** For the parties and the texts that are kept once, and what the test itself leaves. */
const GROWTH_OCTETS = 2 * 1_024 * 1_024;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

function memory(): { heap: number; outside: number } {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, outside: arrayBuffers };
}

/** A message of its own in texts of its own, as a box makes them. */
function report(history: TraceHistory, at: number): void {
  const text = `OPTIONS sip:${at}@x SIP/2.0\r\nCall-ID: ${at}\r\nCSeq: ${at} OPTIONS\r\n\r\n`.padEnd(
    MESSAGE_OCTETS,
    'x',
  );
  history.message(
    {
      kind: 'sip',
      octets: new TextEncoder().encode(text),
      from: box,
      to: box,
      time: at,
      cause: at,
      transport: 'TCP',
      changes: [
        { op: 'add', name: 'Via', after: `SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK${at}`, why: 'RFC 3261 §16.6' },
        { op: 'replace', name: 'Max-Forwards', before: String(at), after: String(at - 1), why: 'RFC 3261 §16.6' },
      ],
    },
    'sender',
    1,
  );
}

describe('the memory of the trace', () => {
  it('is the octets of the messages, outside the heap, and does not grow once the history is full', () => {
    const history = new TraceHistory();
    for (let at = 0; at < 100; at += 1) report(history, at);
    const first = memory();
    for (let at = 0; at < DEFAULT_HISTORY_EVENTS; at += 1) report(history, 100 + at);
    const full = memory();
    expect(history.after(0, 1)[0]?.seq).toBe(101);
    expect(full.heap - first.heap).toBeLessThan(GROWTH_OCTETS);
    expect(full.outside - first.outside).toBeGreaterThan(DEFAULT_HISTORY_EVENTS * MESSAGE_OCTETS * 0.9);
    for (let at = 0; at < 2 * DEFAULT_HISTORY_EVENTS; at += 1) report(history, 1_000_000 + at);
    const later = memory();
    expect(later.heap - full.heap).toBeLessThan(GROWTH_OCTETS);
    // The last slabs of the ring may only have been begun by now.
    expect(later.outside - first.outside).toBeLessThan(DEFAULT_HISTORY_EVENTS * 1_700);
    expect(history.after(0)).toHaveLength(DEFAULT_HISTORY_EVENTS);
  });
});
