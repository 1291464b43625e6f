import type { TraceEvent } from '../event.ts';
import { columnKey, eventLabel, type LadderColumn, ladderColumns } from '../ladder.ts';

const COLUMN_WIDTH = 14;

function marks(event: TraceEvent): string {
  if (event.kind !== 'sip') return '';
  return `${event.sip.sdp ? ' SDP' : ''}${event.sip.aka === '' ? '' : ' AKA'}`;
}

function arrow(event: TraceEvent, columns: readonly LadderColumn[]): string {
  const from = columns.findIndex((column) => column.key === columnKey(event.from));
  const to = columns.findIndex((column) => column.key === columnKey(event.to));
  const label = `${eventLabel(event)}${marks(event)}`;
  const line: string[] = Array.from({ length: columns.length * COLUMN_WIDTH }, (_, at) =>
    at % COLUMN_WIDTH === 0 ? '|' : ' ',
  );
  const left = Math.min(from, to) * COLUMN_WIDTH;
  const right = Math.max(from, to) * COLUMN_WIDTH;
  const write = (text: string, at: number) => {
    for (const [index, char] of [...text].entries()) line[at + index] = char;
  };
  if (left === right) {
    write(`* ${label}`, left);
  } else {
    write((event.kind === 'diameter' ? '=' : event.kind === 'media' ? '~' : '-').repeat(right - left - 1), left + 1);
    write(label, left + Math.max(1, Math.floor((right - left - label.length) / 2)));
    if (from < to) write('>', right - 1);
    else write('<', left + 1);
  }
  return line.join('').trimEnd();
}

/**
 * The ladder as plain text, one line an event: for snapshots, mails and terminals.
 * Diameter is drawn with `=`, media with `~`, SIP with `-`. Numbers and times are left out when `plain` is set.
 */
export function ladderText(events: readonly TraceEvent[], options: { firstUe?: string; plain?: boolean } = {}): string {
  const parties = events.flatMap((event) => [event.from, event.to]);
  const columns = ladderColumns(parties, options.firstUe);
  const start = events[0]?.time ?? 0;
  const margin = options.plain === true ? '' : ' '.repeat(16);
  const head = columns.map((column) => column.label.padEnd(COLUMN_WIDTH)).join('');
  const lines = events.map((event) => {
    const time = `${(event.time - start).toFixed(1)} ms`;
    const prefix = options.plain === true ? '' : `${String(event.seq).padStart(5)} ${time.padStart(9)} `;
    return `${prefix}${arrow(event, columns)}`;
  });
  return `${[`${margin}${head}`.trimEnd(), ...lines].join('\n')}\n`;
}
