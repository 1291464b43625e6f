import type { LabState } from '@imslab/ims-core/api/lab-api';
import { Correlation } from '@imslab/ims-core/trace/correlate';
import { ladderColumns } from '@imslab/ims-core/trace/ladder';
import { describe, expect, it } from 'vitest';
import { callWords, liveTone, liveWords } from './live-words.ts';
import { alice, bob, pcscf, sipEvent } from './trace-events.fixture.ts';

const quiet: LabState = {
  registeredUsers: 0,
  calls: 0,
  diameterPeers: 2,
  mediaTransports: 0,
  relay: 'up',
  scscfs: [{ key: 'scscf', running: true, users: 0 }],
  registered: [],
};
const scscfAt = (running: boolean, users: number) => ({ ...quiet, scscfs: [{ key: 'scscf', running, users }] });
const registered = { ...quiet, registeredUsers: 1, registered: [{ imsi: alice.id, name: 'Alice' }] };
const inCall = { ...registered, calls: 1, mediaTransports: 2 };
const talking = new Map([[alice.id, 'talking']]);

function wordsOf(node: string, lab: LabState | null, calls: ReadonlyMap<string, string> = new Map()): string {
  const column = ladderColumns([alice], alice.id).find((one) => one.node === node);
  return column === undefined ? '' : liveWords(column, lab, calls);
}

describe("a box's live words", () => {
  it.each([
    ['ue', 'quiet', quiet, 'not registered'],
    ['ue', 'registered', registered, 'registered'],
    ['pcscf', 'quiet', quiet, '0 phones'],
    ['pcscf', 'registered', registered, '1 phone'],
    ['pcscf', 'in a call', inCall, '1 call'],
    ['icscf', 'quiet', quiet, 'ready'],
    ['icscf', 'without an HSS', { ...quiet, diameterPeers: 0 }, 'no HSS'],
    ['scscf', 'with a user', scscfAt(true, 1), '1 user'],
    ['scscf', 'stopped', scscfAt(false, 0), 'down'],
    ['hss', 'quiet', quiet, '2 peers open'],
    ['hss', 'without a peer', { ...quiet, diameterPeers: 0 }, 'no peer'],
    ['relay', 'quiet', quiet, 'idle'],
    ['relay', 'in a call', inCall, '2 media legs'],
    ['relay', 'down', { ...quiet, relay: 'down' as const }, 'down'],
    ['scscf', 'not reached', null, 'not reached'],
  ])('of the %s, %s', (node, _name, lab, words) => {
    expect(wordsOf(node, lab)).toBe(words);
  });

  it('of two S-CSCFs are their own', () => {
    const lab = { ...quiet, scscfs: [...scscfAt(true, 1).scscfs, { key: 'scscf:scscf2', running: true, users: 2 }] };
    const parties = [{ node: 'scscf', id: 'scscf2', label: 'S-CSCF 2' }] as const;
    const columns = ladderColumns(parties).filter(({ node }) => node === 'scscf');
    expect(columns.map((column) => [column.label, liveWords(column, lab, talking)])).toEqual([
      ['S-CSCF', '1 user'],
      ['S-CSCF 2', '2 users'],
    ]);
  });

  it('of a UE tell its call while the lab has one', () => {
    expect(wordsOf('ue', inCall, talking)).toBe('talking');
    expect(wordsOf('ue', registered, talking)).toBe('registered');
  });

  it.each([
    ['registered', 'good'],
    ['talking', 'good'],
    ['no HSS', 'bad'],
    ['idle', 'plain'],
  ])('%s have the tone %s', (words, tone) => {
    expect(liveTone(words)).toBe(tone);
  });
});

describe('the words of calls', () => {
  it('are of the UEs in a running call, and gone when it ends', () => {
    const correlation = new Correlation();
    correlation.add(sipEvent({ seq: 1, method: 'INVITE', callId: 'c', from: alice, to: pcscf }));
    expect(callWords(correlation.groups).size).toBe(0);
    correlation.add(sipEvent({ seq: 2, method: 'INVITE', callId: 'c', from: pcscf, to: bob }));
    correlation.add(sipEvent({ seq: 3, method: 'INVITE', status: 180, callId: 'c', from: pcscf, to: alice }));
    expect([...callWords(correlation.groups)]).toEqual([
      [alice.id, 'ringing'],
      [bob.id, 'ringing'],
    ]);
    correlation.add(sipEvent({ seq: 4, method: 'INVITE', status: 200, callId: 'c', from: pcscf, to: alice }));
    expect(callWords(correlation.groups).get(bob.id)).toBe('talking');
    correlation.add(sipEvent({ seq: 5, method: 'BYE', callId: 'c', from: bob, to: pcscf }));
    expect(callWords(correlation.groups).size).toBe(0);
  });
});
