import type { LadderGroup } from '@imslab/ims-core/trace/correlate';
import type { TraceEvent } from '@imslab/ims-core/trace/event';
import type { TraceState } from './trace-store.ts';

/** A silence between two events that is worth a row of its own, milliseconds. */
export const GAP_MS = 500;

/** One line of the ladder. */
export type LadderRow =
  | { readonly kind: 'group'; readonly key: string; readonly group: LadderGroup; readonly open: boolean }
  | {
      readonly kind: 'event';
      readonly key: string;
      readonly event: TraceEvent;
      readonly group: LadderGroup;
      readonly deltaMs: number;
    }
  | { readonly kind: 'gap'; readonly key: string; readonly ms: number }
  | { readonly kind: 'note'; readonly key: string; readonly code: string; readonly text: string };

type Shown = Pick<TraceState, 'correlation' | 'protocols' | 'ue' | 'housekeeping' | 'closedGroups'>;

function shows(event: TraceEvent, shown: Shown): boolean {
  if (event.kind === 'note') return true;
  return shown.protocols[event.kind];
}

/** The rows that these filters leave, group by group in the order in which they began. */
export function ladderRows(shown: Shown): LadderRow[] {
  const rows: LadderRow[] = [];
  for (const group of shown.correlation.groups) {
    if (group.kind === 'network' && !shown.housekeeping) continue;
    if (shown.ue !== '' && group.kind !== 'network' && !group.ues.has(shown.ue)) continue;
    const events = group.events.filter((event) => shows(event, shown));
    if (events.length === 0) continue;
    const open = !shown.closedGroups.has(group.id);
    rows.push({ kind: 'group', key: `group ${group.id}`, group, open });
    if (!open) continue;
    let previous: TraceEvent | undefined;
    for (const event of events) {
      const deltaMs = previous === undefined ? 0 : event.time - previous.time;
      if (deltaMs > GAP_MS) rows.push({ kind: 'gap', key: `gap ${event.seq}`, ms: deltaMs });
      if (event.kind === 'note') rows.push({ kind: 'note', key: `note ${event.seq}`, ...event.note });
      else rows.push({ kind: 'event', key: `event ${event.seq}`, event, group, deltaMs });
      previous = event;
    }
  }
  return rows;
}

/** `38 ms`, `2.1 s`, `3 min 5 s`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** What a group's own line says after its title: `20 messages · 38 ms · registered`. */
export function groupSummary(group: LadderGroup, now: number): string {
  const first = group.events[0];
  const last = group.events.at(-1);
  if (first === undefined || last === undefined) return '';
  const messages = group.events.filter((event) => event.kind === 'sip' || event.kind === 'diameter').length;
  const parts = [`${messages} message${messages === 1 ? '' : 's'}`];
  if (group.kind === 'call') {
    if (group.ringingAt > 0)
      parts.push(`rang ${durationText((group.answeredAt || group.endedAt || now) - group.ringingAt)}`);
    if (group.answeredAt > 0) parts.push(`talked ${durationText((group.endedAt || now) - group.answeredAt)}`);
  } else if (group.endedAt > 0) {
    parts.push(durationText(group.endedAt - first.time));
  }
  if (group.outcomeText !== '') parts.push(group.outcomeText);
  return parts.join(' · ');
}
