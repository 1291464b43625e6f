import type { MachineTable } from './machine.ts';

/** Draws a state table as a Mermaid state diagram; events that lead the same way share an arrow. */
export function mermaid<State extends string, Event extends string, Action extends string>(
  table: MachineTable<State, Event, Action>,
): string {
  const arrows = new Map<string, string[]>();
  for (const [state, event, next] of table.rows) {
    const ends = `${idOf(state)} --> ${idOf(next)}`;
    arrows.set(ends, [...(arrows.get(ends) ?? []), event]);
  }
  return [
    'stateDiagram-v2',
    ...table.states.filter((state) => idOf(state) !== state).map((state) => `  state "${state}" as ${idOf(state)}`),
    `  [*] --> ${idOf(table.initial)}`,
    ...[...arrows].map(([ends, events]) => `  ${ends} : ${events.join(', ')}`),
    `  ${idOf(table.final)} --> [*]`,
  ].join('\n');
}

/** A state as Mermaid can name it. */
function idOf(state: string): string {
  return state.replaceAll(/\W/g, '_');
}

/** One machine as a page of docs/state-machines: the diagram, and each row with its clause. */
export function machinePage<State extends string, Event extends string, Action extends string>(
  table: MachineTable<State, Event, Action>,
  source: string,
): string {
  const rows = table.rows.map(
    ([state, event, next, actions, clause]) => `| ${state} | ${event} | ${actions.join(', ')} | ${next} | ${clause} |`,
  );
  const start = table.start.length === 0 ? 'nothing' : table.start.join(', ');
  return [
    `# ${table.name}`,
    '',
    `Written from the table in [${source}](../../${source}); a test compares.`,
    '',
    '```mermaid',
    mermaid(table),
    '```',
    '',
    `At the start: ${start}. A pair of state and event without a row is ignored.`,
    '',
    '| state | event | actions, in order | next | clause |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
