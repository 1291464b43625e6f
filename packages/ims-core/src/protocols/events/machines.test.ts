import { describe, expect, it } from 'vitest';
import { describeStateMachinePage } from '../../../test/kit/docs-page.ts';
import type { Machine } from '../transaction/machine.ts';
import { notifierTable } from './notifier-machine.ts';
import { subscriberTable } from './subscriber-machine.ts';

const FOLDER = 'packages/ims-core/src/protocols/events';

function walk<State extends string, Event extends string, Action extends string>(
  table: Machine<State, Event, Action>,
  ends: readonly Event[],
): void {
  describe(`the table "${table.name}"`, () => {
    it('has a row or an entry in the ignored list for every state and event', () => {
      const pairs = table.states.flatMap((state) => table.events.map((event) => [state, event] as const));
      expect(() => pairs.map(([state, event]) => table.step(state, event))).not.toThrow();
      expect(pairs).toHaveLength(table.rows.length + table.ignored.length + table.events.length);
    });

    it('reaches every state from the first one, and the end from every state', () => {
      const reached = new Set<State>([table.initial]);
      for (const state of reached) for (const row of table.rows) if (row[0] === state) reached.add(row[2]);
      expect([...reached].sort()).toEqual([...table.states].sort());
      const ending = new Set<State>([table.final]);
      for (const state of ending) for (const row of table.rows) if (row[2] === state) ending.add(row[0]);
      expect([...ending].sort()).toEqual([...table.states].sort());
    });

    it('forgets a subscription exactly when it ends', () => {
      const forgets = (actions: readonly string[]): boolean => actions.at(-1) === 'forget';
      for (const [state, event, next, actions] of table.rows) {
        expect(forgets(actions), `${state} x ${event}`).toBe(next === table.final);
      }
    });

    it(`ends on nothing but ${ends.join(', ')}`, () => {
      const events = table.rows.filter(([, , next]) => next === table.final).map(([, event]) => event);
      expect([...new Set(events)].sort()).toEqual([...ends].sort());
    });

    it('names a clause in every row', () => {
      for (const row of table.rows) expect(row[4]).toMatch(/^(?:RFC 6665 §[\d.]+|TS 24\.229 5\.4\.1\.5)$/);
    });
  });
}

walk(notifierTable, ['2xx', 'failure', 'drop']);
walk(subscriberTable, ['gone', 'failure', 'NOTIFY terminated', 'timerN', 'unsubscribe', 'expiry']);

describe('the table of the notifier', () => {
  it('sends a NOTIFY only when none is on its way', () => {
    const isSending = (actions: readonly string[]): boolean => actions.some((action) => action.startsWith('notify'));
    const sending = notifierTable.rows.filter(([, , , actions]) => isSending(actions));
    for (const [state, event] of sending) {
      expect(['Init', 'Active'].includes(state) || event === '2xx', `${state} x ${event}`).toBe(true);
    }
  });

  it('answers every SUBSCRIBE exactly once', () => {
    const asks = ['SUBSCRIBE', 'fetch', 'refresh', 'unsubscribe'];
    for (const [state, event, , actions] of notifierTable.rows) {
      const answers = actions.filter((action) => action === 'accept' || action === 'refuse');
      expect(answers, `${state} x ${event}`).toHaveLength(asks.includes(event) ? 1 : 0);
    }
  });
});

describeStateMachinePage('subscription-notifier.md', `${FOLDER}/notifier-machine.ts`, notifierTable);
describeStateMachinePage('subscription-subscriber.md', `${FOLDER}/subscriber-machine.ts`, subscriberTable);
