import type { TraceEvent } from '../event.ts';
import { columnKey, eventLabel, type LadderColumn, ladderColumns } from '../ladder.ts';

/** Room between two columns, in characters, when no label needs more. */
const MIN_COLUMN_WIDTH = 14;
/** A line, a dash and a head on the left of a label, a dash and a head on its right. */
const ARROW_FRAME = 4;
/** A quiet time from here on is shown in a plain ladder, which has no times. */
const SHOWN_PAUSE_MS = 1_000;

/** What a line of the ladder draws: a message between two columns, or a word at one of them. */
interface Line {
  readonly event: TraceEvent;
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

/**
 * The ladder as plain text, one line an event: for snapshots, mails and terminals.
 * SIP is drawn with `-`, Diameter with `=`, media with `~`; `|<-ACK-]` is a box that sends to itself, `* CODE` a note.
 * When `plain` is set, numbers and times are left out, and pauses of a second and more are shown as such.
 */
export function ladderText(events: readonly TraceEvent[], options: { firstUe?: string; plain?: boolean } = {}): string {
  const plain = options.plain === true;
  const columns = ladderColumns(
    events.flatMap((event) => [event.from, event.to]),
    options.firstUe,
  );
  const lines = events.map((event) => lineOf(event, columns));
  const width = columnWidth(lines, columns);
  const start = events[0]?.time ?? 0;
  const margin = plain ? '' : ' '.repeat(16);
  const text = [`${margin}${columns.map((column) => column.label.padEnd(width)).join('')}`.trimEnd()];
  for (const [index, line] of lines.entries()) {
    const { time } = line.event;
    const quietMs = time - (lines[index - 1]?.event.time ?? start);
    if (plain && quietMs >= SHOWN_PAUSE_MS) text.push(pause(quietMs, columns.length, width));
    text.push(`${plain ? '' : numberAndTime(line.event, start)}${drawn(line, columns.length, width)}`);
  }
  return `${text.join('\n')}\n`;
}

function lineOf(event: TraceEvent, columns: readonly LadderColumn[]): Line {
  const from = columns.findIndex((column) => column.key === columnKey(event.from));
  const to = columns.findIndex((column) => column.key === columnKey(event.to));
  return { event, label: `${eventLabel(event)}${marks(event)}`, from, to };
}

function marks(event: TraceEvent): string {
  if (event.kind === 'note') return columnKey(event.from) === columnKey(event.to) ? '' : ` (${event.from.label})`;
  if (event.kind !== 'sip') return '';
  const { sdp, aka, retransmission } = event.sip;
  const akaMark = aka === '' ? '' : aka === 'auts' ? ' AUTS' : ' AKA';
  return `${sdp ? ' SDP' : ''}${akaMark}${retransmission ? ' again' : ''}`;
}

/** Wide enough for every label on its own arrow, and for every name at the head. */
function columnWidth(lines: readonly Line[], columns: readonly LadderColumn[]): number {
  const heads = columns.map((column) => column.label.length + 2);
  const arrows = lines
    .filter((line) => line.event.kind !== 'note')
    .map(({ label, from, to }) => Math.ceil((label.length + ARROW_FRAME) / Math.max(1, Math.abs(from - to))));
  return Math.max(MIN_COLUMN_WIDTH, ...heads, ...arrows);
}

function drawn({ event, label, from, to }: Line, columns: number, width: number): string {
  const left = Math.min(from, to);
  const right = Math.max(from, to);
  if (event.kind === 'note') return overwritten(lifelines('|', columns, width), to * width, `* ${label}`);
  const stroke = event.kind === 'diameter' ? '=' : event.kind === 'media' ? '~' : '-';
  if (left === right) {
    return overwritten(lifelines('|', columns, width), left * width + 1, `<${stroke}${label}${stroke}]`);
  }
  const room = (right - left) * width - 1 - label.length - 1;
  const before = Math.floor(room / 2);
  const shaft = `${stroke.repeat(before)}${label}${stroke.repeat(room - before)}`;
  return overwritten(lifelines('|', columns, width), left * width + 1, from < to ? `${shaft}>` : `<${shaft}`);
}

function pause(quietMs: number, columns: number, width: number): string {
  return overwritten(lifelines(':', columns, width), 2, `${Math.round(quietMs / 1_000)} s later`);
}

function lifelines(line: string, columns: number, width: number): string {
  return line.padEnd(width).repeat(columns);
}

function overwritten(line: string, at: number, text: string): string {
  return `${line.slice(0, at)}${text}${line.slice(at + text.length)}`.trimEnd();
}

function numberAndTime(event: TraceEvent, startMs: number): string {
  const time = `${(event.time - startMs).toFixed(1)} ms`;
  return `${String(event.seq).padStart(5)} ${time.padStart(9)} `;
}
