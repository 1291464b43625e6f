import { Correlation } from '@imslab/ims-core/trace/correlate';
import type { TraceEvent } from '@imslab/ims-core/trace/event';
import { eventName } from '@imslab/ims-core/trace/ladder';
import { describe, expect, it } from 'vitest';
import { durationText, GAP_MS, groupSummary, type LadderRow, ladderRows, newSince } from './rows.ts';
import {
  alice,
  bob,
  diameterEvent,
  hss,
  icscf,
  mediaEvent,
  noteEvent,
  pcscf,
  relay,
  sipEvent,
} from './trace-events.fixture.ts';
import { allShown, type LadderFilters } from './trace-store.ts';

const registration = [
  sipEvent({ seq: 1, method: 'REGISTER', callId: 'a', from: alice, to: pcscf }),
  diameterEvent({ seq: 2, command: 'UAR', from: icscf, to: hss, cause: 1 }),
  diameterEvent({ seq: 3, command: 'UAA', resultCode: 2001, from: hss, to: icscf, cause: 2 }),
  noteEvent({ seq: 4, code: 'REGISTERED', text: 'Alice is registered', from: pcscf, to: pcscf, cause: 3 }),
  sipEvent({ seq: 5, method: 'REGISTER', status: 200, callId: 'a', from: pcscf, to: alice, cause: 3 }),
];

const call = [
  sipEvent({ seq: 6, method: 'INVITE', callId: 'b', from: bob, to: pcscf, time: 1_000 }),
  sipEvent({ seq: 7, method: 'INVITE', status: 180, callId: 'b', from: pcscf, to: bob, time: 1_100, cause: 6 }),
  sipEvent({ seq: 8, method: 'INVITE', status: 200, callId: 'b', from: pcscf, to: bob, time: 3_200, cause: 6 }),
  mediaEvent({ seq: 9, what: 'first RTP packet', callId: 'b', from: relay, to: bob, time: 3_300 }),
  sipEvent({ seq: 10, method: 'BYE', callId: 'b', from: bob, to: pcscf, time: 34_200 }),
];

const watchdog = [diameterEvent({ seq: 11, command: 'DWR', from: icscf, to: hss, time: 34_210 })];

function correlated(events: readonly TraceEvent[]): Correlation {
  const correlation = new Correlation();
  for (const event of events) correlation.add(event);
  return correlation;
}

const nothingToggled = { closedGroups: new Set<string>(), openWatches: new Set<string>() };

function rowsOf(filters: Partial<LadderFilters> & { closedGroups?: ReadonlySet<string> } = {}): LadderRow[] {
  const correlation = correlated([...registration, ...call, ...watchdog]);
  return ladderRows({ correlation, ...allShown, ...nothingToggled, ...filters });
}

function words(rows: readonly LadderRow[]): string[] {
  return rows.map((row) => {
    if (row.kind === 'group') return `[${row.group.title}]`;
    if (row.kind === 'event') return eventName(row.event);
    return row.kind === 'gap' ? `(${durationText(row.ms)})` : `${row.box}: ${row.text}`;
  });
}

describe("the ladder's rows", () => {
  it('stand under the line of their group, with notes in their place and silences between', () => {
    expect(words(rowsOf())).toEqual([
      '[Registration of Alice]',
      '1 REGISTER Alice to P-CSCF',
      '2 UAR I-CSCF to HSS',
      '3 UAA 2001 HSS to I-CSCF',
      'P-CSCF: Alice is registered',
      '5 200 P-CSCF to Alice',
      '[Call Bob to bob]',
      '6 INVITE Bob to P-CSCF',
      '7 180 P-CSCF to Bob',
      '(2.1 s)',
      '8 200 P-CSCF to Bob',
      '9 first RTP packet Media relay to Bob',
      '(31 s)',
      '10 BYE Bob to P-CSCF',
    ]);
  });

  it('leave only its own line of a closed group', () => {
    const [first] = rowsOf();
    const closedGroups = new Set(first?.kind === 'group' ? [first.group.id] : []);
    expect(words(rowsOf({ closedGroups })).slice(0, 3)).toEqual([
      '[Registration of Alice]',
      '[Call Bob to bob]',
      '6 INVITE Bob to P-CSCF',
    ]);
  });

  it.each([
    ['SIP alone', { sip: true, diameter: false, media: false }, [1, 5, 6, 7, 8, 10]],
    ['Diameter alone', { sip: false, diameter: true, media: false }, [2, 3]],
    ['media alone', { sip: false, diameter: false, media: true }, [9]],
    ['nothing', { sip: false, diameter: false, media: false }, []],
  ])('of %s are left by the protocol filter', (_name, protocols, numbers) => {
    const events = rowsOf({ protocols }).flatMap((row) => (row.kind === 'event' ? [row.event.seq] : []));
    expect(events).toEqual(numbers);
  });

  it('have no group that the protocol filter emptied, though a note is in it', () => {
    const rows = rowsOf({ protocols: { sip: false, diameter: false, media: true } });
    expect(words(rows).filter((row) => row.startsWith('['))).toEqual(['[Call Bob to bob]']);
  });

  it('of one UE are left by the UE filter, whoever else is in the group', () => {
    const rows = rowsOf({ ue: bob.id, housekeeping: true });
    expect(words(rows).filter((row) => row.startsWith('['))).toEqual(['[Call Bob to bob]', '[Between the boxes]']);
  });

  it('hold the watchdogs when they are wanted', () => {
    expect(words(rowsOf()).join()).not.toContain('DWR');
    expect(words(rowsOf({ housekeeping: true })).slice(-2)).toEqual(['[Between the boxes]', '11 DWR I-CSCF to HSS']);
  });

  it('tell the time since the event above, none for the first of a group', () => {
    const deltas = rowsOf().flatMap((row) => (row.kind === 'event' ? [row.deltaMs] : []));
    expect(deltas.slice(0, 4)).toEqual([null, 10, 10, 10]);
    expect(deltas[4]).toBeNull();
  });

  it.each([
    ['at the limit', GAP_MS, 0],
    ['over the limit', GAP_MS + 1, 1],
  ])('have a silence %s: %i ms make %i row', (_name, ms, count) => {
    const correlation = correlated([
      sipEvent({ seq: 1, method: 'REGISTER', callId: 'a', from: alice, to: pcscf, time: 0 }),
      sipEvent({ seq: 2, method: 'REGISTER', status: 200, callId: 'a', from: pcscf, to: alice, time: ms }),
    ]);
    const rows = ladderRows({ correlation, ...allShown, ...nothingToggled });
    expect(rows.filter((row) => row.kind === 'gap')).toHaveLength(count);
  });
});

describe('the watches of a registration', () => {
  const subscribe = { method: 'SUBSCRIBE', event: 'reg' } as const;
  const watched = [
    sipEvent({ seq: 1, method: 'REGISTER', callId: 'a', from: alice, to: pcscf }),
    sipEvent({ seq: 2, method: 'REGISTER', status: 200, callId: 'a', from: pcscf, to: alice, cause: 1 }),
    sipEvent({ seq: 3, ...subscribe, callId: 'w1', from: alice, to: pcscf }),
    sipEvent({ seq: 4, method: 'REGISTER', callId: 'b', from: bob, to: pcscf }),
    sipEvent({ seq: 5, method: 'SUBSCRIBE', status: 200, callId: 'w1', from: pcscf, to: alice, cause: 3 }),
    sipEvent({ seq: 6, ...subscribe, callId: 'w2', from: alice, to: pcscf }),
  ];
  const refused = [
    sipEvent({ seq: 7, ...subscribe, callId: 'w3', from: alice, to: pcscf }),
    sipEvent({ seq: 8, method: 'SUBSCRIBE', status: 403, callId: 'w3', from: pcscf, to: alice, cause: 7 }),
  ];

  function headings(events: readonly TraceEvent[], openWatches: ReadonlySet<string> = new Set()): string[] {
    const rows = ladderRows({ correlation: correlated(events), ...allShown, ...nothingToggled, openWatches });
    return rows.flatMap((row) => (row.kind === 'group' ? [`${row.group.title}: ${row.watches}`] : []));
  }

  it('are folded beside it, also when another registration came between', () => {
    expect(headings(watched)).toEqual(['Registration of Alice: 2', 'Registration of Bob: 0']);
  });

  it('stand below it when they are open', () => {
    expect(headings(watched, new Set(['a#1']))).toEqual([
      'Registration of Alice: 2',
      'Alice’s phone watches its registration: 0',
      'Alice’s phone watches its registration: 0',
      'Registration of Bob: 0',
    ]);
  });

  it('stand for themselves when they failed, and when their registration is not there', () => {
    expect(headings([...watched, ...refused])).toEqual([
      'Registration of Alice: 2',
      'Registration of Bob: 0',
      'Alice’s phone watches its registration: 0',
    ]);
    expect(headings(watched.slice(2, 3))).toEqual(['Alice’s phone watches its registration: 0']);
  });
});

describe('the events since following was paused', () => {
  it('are those that are shown', () => {
    expect(newSince(rowsOf(), 6)).toBe(4);
    expect(newSince(rowsOf({ protocols: { sip: true, diameter: true, media: false } }), 6)).toBe(3);
    expect(newSince(rowsOf(), null)).toBe(0);
  });
});

describe("a group's own line", () => {
  function summary(events: readonly TraceEvent[], now = 0): string {
    const [group] = correlated(events).groups;
    return group === undefined ? '' : groupSummary(group, now);
  }

  it.each([
    ['a registration', registration, 0, '4 messages · 40 ms · registered'],
    ['a call that has ended', call, 0, '4 messages · rang 2.1 s · talked 31 s · ended by Bob'],
    ['a call that rings', call.slice(0, 2), 1_600, '2 messages · ringing 500 ms'],
    ['a call that is up', call.slice(0, 4), 13_200, '3 messages · rang 2.1 s · talking 10 s'],
    ['a message that waits', registration.slice(0, 1), 0, '1 message'],
  ])('of %s', (_name, events, now, text) => {
    expect(summary(events, now)).toBe(text);
  });
});

describe('a duration', () => {
  it.each([
    [0.4, '0 ms'],
    [38, '38 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [2_140, '2.1 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [31_000, '31 s'],
    [59_600, '1 min 0 s'],
    [185_000, '3 min 5 s'],
  ])('of %d ms reads %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
