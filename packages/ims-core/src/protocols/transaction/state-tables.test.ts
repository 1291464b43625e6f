import { describe, expect, it } from 'vitest';
import { describeStateMachinePage } from '../../../test/kit/docs-page.ts';
import { inviteClientTable } from './invite-client.ts';
import { inviteServerTable } from './invite-server.ts';
import { type Machine, MachineRun, machine } from './machine.ts';
import { nonInviteClientTable } from './non-invite-client.ts';
import { nonInviteServerTable } from './non-invite-server.ts';

/** Every pair that leads to another state, as figures 5 to 8 of RFC 3261 and figures 1 and 2 of RFC 6026 draw them. */
const leads: Readonly<Record<string, readonly string[]>> = {
  'INVITE client': [
    'Calling timerB Terminated',
    'Calling transportError Terminated',
    'Calling abandon Terminated',
    'Calling 1xx Proceeding',
    'Calling 2xx Accepted',
    'Calling 300-699 Completed',
    'Proceeding 2xx Accepted',
    'Proceeding 300-699 Completed',
    'Proceeding transportError Terminated',
    'Proceeding abandon Terminated',
    'Completed timerD Terminated',
    'Completed transportError Terminated',
    'Accepted timerM Terminated',
  ],
  'non-INVITE client': [
    'Trying timerF Terminated',
    'Trying transportError Terminated',
    'Trying abandon Terminated',
    'Trying 1xx Proceeding',
    'Trying 200-699 Completed',
    'Proceeding timerF Terminated',
    'Proceeding transportError Terminated',
    'Proceeding abandon Terminated',
    'Proceeding 200-699 Completed',
    'Completed timerK Terminated',
  ],
  'INVITE server': [
    'Proceeding send 2xx Accepted',
    'Proceeding send 300-699 Completed',
    'Proceeding giveUp Terminated',
    'Completed timerH Terminated',
    'Completed ACK Confirmed',
    'Confirmed timerI Terminated',
    'Accepted timerL Terminated',
  ],
  'non-INVITE server': [
    'Trying send 1xx Proceeding',
    'Trying send 200-699 Completed',
    'Trying giveUp Terminated',
    'Proceeding send 200-699 Completed',
    'Proceeding giveUp Terminated',
    'Completed timerJ Terminated',
  ],
};

function walk<State extends string, Event extends string, Action extends string>(
  table: Machine<State, Event, Action>,
): void {
  describe(`the ${table.name} transaction`, () => {
    it('has a row or an entry in the ignored list for every state and event', () => {
      const pairs = table.states.flatMap((state) => table.events.map((event) => [state, event] as const));
      expect(() => pairs.map(([state, event]) => table.step(state, event))).not.toThrow();
      const rows = pairs.filter(([state, event]) => table.step(state, event) !== undefined);
      expect(rows).toHaveLength(table.rows.length);
      expect(pairs).toHaveLength(table.rows.length + table.ignored.length + table.events.length);
    });

    it('changes its state on exactly the events that the RFCs draw', () => {
      const changes = table.rows.filter(([state, , next]) => state !== next);
      expect(changes.map(([state, event, next]) => `${state} ${event} ${next}`).sort()).toEqual(
        [...(leads[table.name] ?? [])].sort(),
      );
    });

    it('reaches every state from the first one', () => {
      const reached = new Set<State>([table.initial]);
      for (const state of reached) for (const row of table.rows) if (row[0] === state) reached.add(row[2]);
      expect([...reached].sort()).toEqual([...table.states].sort());
    });

    it('names a clause in every row', () => {
      for (const row of table.rows) expect(row[4]).toMatch(/^RFC \d{4} §[\d.]+$/);
    });
  });
}

walk(inviteClientTable);
walk(nonInviteClientTable);
walk(inviteServerTable);
walk(nonInviteServerTable);

describe('a state machine', () => {
  const table = {
    name: 'door',
    states: ['open', 'shut', 'gone'],
    events: ['push', 'burn'],
    initial: 'open',
    start: [],
    final: 'gone',
    rows: [
      ['open', 'push', 'shut', ['creak'], 'RFC 1 §1'],
      ['shut', 'burn', 'gone', [], 'RFC 1 §1'],
    ],
    ignored: [['open', 'burn']],
  } as const;

  it('runs the actions of the row and then stands in its next state', () => {
    const done: string[] = [];
    const run = new MachineRun(machine(table), { creak: () => done.push(`creak in ${run.state}`) });
    expect(run.raise('burn')).toBe(false);
    expect(run.raise('push')).toBe(true);
    expect(done).toEqual(['creak in shut']);
    expect(run.raise('burn')).toBe(true);
    expect(run.ended).toBe(true);
    expect(run.raise('push')).toBe(false);
  });

  it('throws on a pair that the table does not know', () => {
    expect(() => machine(table).step('shut', 'push')).toThrow('door: shut x push is not in the table');
  });

  it('refuses a pair that stands twice', () => {
    expect(() => machine({ ...table, ignored: [['open', 'push']] })).toThrow('open x push stands twice');
  });

  it('refuses a state that is not declared', () => {
    expect(() => machine({ ...table, states: ['open', 'gone'] as readonly string[] })).toThrow('unknown state');
  });

  it('refuses a row that leaves the final state', () => {
    const rows = [...table.rows, ['gone', 'push', 'open', [], 'RFC 1 §1'] as const];
    expect(() => machine({ ...table, rows })).toThrow('leaves the final state');
  });
});

const FOLDER = 'packages/ims-core/src/protocols/transaction';
describeStateMachinePage('invite-client.md', `${FOLDER}/invite-client.ts`, inviteClientTable);
describeStateMachinePage('invite-server.md', `${FOLDER}/invite-server.ts`, inviteServerTable);
describeStateMachinePage('non-invite-client.md', `${FOLDER}/non-invite-client.ts`, nonInviteClientTable);
describeStateMachinePage('non-invite-server.md', `${FOLDER}/non-invite-server.ts`, nonInviteServerTable);
