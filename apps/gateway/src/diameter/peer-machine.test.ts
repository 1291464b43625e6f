import { describe, expect, it } from 'vitest';
import { describeStateMachinePage } from '../../../../packages/ims-core/test/kit/docs-page.ts';
import { initiatorMachine, responderMachine } from './peer-machine.ts';

describe.each([initiatorMachine, responderMachine])('$name', (table) => {
  const named = new Set(table.rows.map(([state, event]) => `${state} x ${event}`));
  const ignored = new Set(table.ignored.map(([state, event]) => `${state} x ${event}`));

  it.each(table.states.filter((state) => state !== table.final))('says what %s does on every event', (state) => {
    for (const event of table.events) {
      const pair = `${state} x ${event}`;
      expect([pair, named.has(pair) !== ignored.has(pair)]).toEqual([pair, true]);
    }
  });

  it('lets every state end', () => {
    const ends = new Set<string>([table.final]);
    for (let grown = true; grown; ) {
      const before = ends.size;
      for (const [state, , next] of table.rows) if (ends.has(next)) ends.add(state);
      grown = ends.size > before;
    }
    expect([...table.states].filter((state) => !ends.has(state))).toEqual([]);
  });

  it('reaches every state', () => {
    const reached = new Set<string>([table.initial]);
    for (let grown = true; grown; ) {
      const before = reached.size;
      for (const [state, , next] of table.rows) if (reached.has(state)) reached.add(next);
      grown = reached.size > before;
    }
    expect([...reached].toSorted()).toEqual([...table.states].toSorted());
  });

  it('says goodbye or ends on stop in every state', () => {
    const afterStop = table.rows.filter(([, event]) => event === 'stop').map(([, , next]) => next);
    expect(new Set(afterStop)).toEqual(new Set(['Closing', 'Terminated']));
    expect(table.ignored.filter(([, event]) => event === 'stop').map(([state]) => state)).toEqual(['Closing']);
  });

  it('names a clause in every row', () => {
    for (const row of table.rows) expect(row[4]).toMatch(/^RFC (6733|3539) §\d/);
  });
});

const SOURCE = 'apps/gateway/src/diameter/peer-machine.ts';
describeStateMachinePage('diameter-initiator.md', SOURCE, initiatorMachine);
describeStateMachinePage('diameter-responder.md', SOURCE, responderMachine);
