import { describe, expect, it } from 'vitest';
import type { TraceEventInput } from './event.ts';
import { TraceHistory } from './history.ts';

const box = (node: 'pcscf' | 'icscf', label: string) => ({ node, id: '', label }) as const;

function note(text: string): TraceEventInput {
  return {
    kind: 'note',
    note: { code: 'TEST', text },
    from: box('pcscf', 'P-CSCF'),
    to: box('icscf', 'I-CSCF'),
    time: 0,
    cause: null,
  };
}

describe('TraceHistory', () => {
  it('numbers events from 1 without gaps', () => {
    const history = new TraceHistory();
    expect([history.record(note('a')), history.record(note('b')), history.record(note('c'))]).toEqual([1, 2, 3]);
  });

  it('keeps one event for the reports of both ends of a message', () => {
    const history = new TraceHistory();
    expect(history.joined('k1')).toBeUndefined();
    const sent = history.record(note('sent'), 'k1');
    expect(history.joined('k1')).toBe(sent);
    expect(history.after(0)).toHaveLength(1);
  });

  it('keeps a second event when the same message is sent again after it was received', () => {
    const history = new TraceHistory();
    history.record(note('sent'), 'k1');
    expect(history.joined('k1')).toBe(1);
    expect(history.joined('k1')).toBeUndefined();
    expect(history.record(note('sent again'), 'k1')).toBe(2);
    expect(history.joined('k1')).toBe(2);
  });

  it('forgets the oldest events above its limit and still finds the others by number', () => {
    const history = new TraceHistory(100);
    for (let at = 1; at <= 1_000; at += 1) history.record(note(String(at)));
    expect(history.after(0).length).toBeLessThanOrEqual(125);
    expect(history.get(1)).toBeUndefined();
    expect(history.get(1_000)?.kind).toBe('note');
    expect(history.after(990).map((event) => event.seq)).toEqual([991, 992, 993, 994, 995, 996, 997, 998, 999, 1_000]);
  });

  it('goes on with its numbers after a clear', () => {
    const history = new TraceHistory();
    history.record(note('a'));
    history.clear();
    expect(history.after(0)).toEqual([]);
    expect(history.firstSeq).toBe(2);
    expect(history.record(note('b'))).toBe(2);
  });

  it('tells each listener of each event until it stops listening', () => {
    const history = new TraceHistory();
    const heard: number[] = [];
    const stop = history.subscribe((event) => heard.push(event.seq));
    history.record(note('a'));
    stop();
    history.record(note('b'));
    expect(heard).toEqual([1]);
  });
});
