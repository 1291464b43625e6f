import type { LadderGroup } from '@imslab/ims-core/trace/correlate';
import type { TraceEvent } from '@imslab/ims-core/trace/event';
import type { TraceState } from './trace-store.ts';
import { watchesOf } from './watches.ts';

/** Height of every row, pixels. */
export const ROW_PX = 28;
/** A silence between two events that is worth a row of its own, milliseconds. */
export const GAP_MS = 500;

/** One line of the ladder. */
export type LadderRow =
  | {
      readonly kind: 'group';
      readonly key: string;
      readonly group: LadderGroup;
      readonly open: boolean;
      /** How many subscriptions to this registration go with it, and whether they are shown below it. */
      readonly watches: number;
      readonly watchesOpen: boolean;
    }
  | {
      readonly kind: 'event';
      readonly key: string;
      readonly event: TraceEvent;
      readonly group: LadderGroup;
      /** Since the event above it; null for the first one of its group. */
      readonly deltaMs: number | null;
    }
  | { readonly kind: 'gap'; readonly key: string; readonly ms: number }
  | {
      readonly kind: 'note';
      readonly key: string;
      /** Where it happened: `S-CSCF`. */
      readonly box: string;
      readonly code: string;
      readonly text: string;
    };

type Shown = Pick<TraceState, 'correlation' | 'protocols' | 'ue' | 'housekeeping' | 'closedGroups' | 'openWatches'>;

function shows(event: TraceEvent, shown: Shown): boolean {
  if (event.kind === 'note') return true;
  return shown.protocols[event.kind];
}

/** The groups that these filters leave, in the order in which they began. */
export function shownGroups(shown: Pick<Shown, 'correlation' | 'ue' | 'housekeeping'>): LadderGroup[] {
  return shown.correlation.groups.filter((group) =>
    group.kind === 'network' ? shown.housekeeping : shown.ue === '' || group.ues.has(shown.ue),
  );
}

/** The rows that these filters leave, group by group; a registration's watches stand below it, when they are not folded. */
export function ladderRows(shown: Shown): LadderRow[] {
  const rows: LadderRow[] = [];
  const groups = shownGroups(shown);
  const watchesByRegistration = watchesOf(groups);
  const beside = new Set([...watchesByRegistration.values()].flat());
  for (const group of groups) {
    if (beside.has(group)) continue;
    const watches = watchesByRegistration.get(group) ?? [];
    addGroupRows(rows, group, watches.length, shown);
    if (shown.openWatches.has(group.id)) for (const watch of watches) addGroupRows(rows, watch, 0, shown);
  }
  return rows;
}

/** A group's line and its events. Notes stand with what the filters leave beside them. */
function addGroupRows(rows: LadderRow[], group: LadderGroup, watches: number, shown: Shown): void {
  const events = group.events.filter((event) => shows(event, shown));
  if (!events.some((event) => event.kind !== 'note') && group.events.some((event) => event.kind !== 'note')) return;
  const open = !shown.closedGroups.has(group.id);
  const watchesOpen = shown.openWatches.has(group.id);
  rows.push({ kind: 'group', key: `group ${group.id}`, group, open, watches, watchesOpen });
  if (open) addEventRows(rows, group, events);
}

function addEventRows(rows: LadderRow[], group: LadderGroup, events: readonly TraceEvent[]): void {
  let previous: TraceEvent | undefined;
  for (const event of events) {
    const deltaMs = previous === undefined ? null : event.time - previous.time;
    if (deltaMs !== null && deltaMs > GAP_MS) rows.push({ kind: 'gap', key: `gap ${event.seq}`, ms: deltaMs });
    if (event.kind === 'note') {
      rows.push({ kind: 'note', key: `note ${event.seq}`, box: event.from.label, ...event.note });
    } else {
      rows.push({ kind: 'event', key: `event ${event.seq}`, event, group, deltaMs });
    }
    previous = event;
  }
}

/** How many of these rows are events newer than the one at which following was paused. */
export function newSince(rows: readonly LadderRow[], pausedAt: number | null): number {
  if (pausedAt === null) return 0;
  return rows.filter((row) => row.kind === 'event' && row.event.seq > pausedAt).length;
}

/** `38 ms`, `2.1 s`, `31 s`, `3 min 5 s`. */
export function durationText(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** What a group's own line says after its title: `20 messages · 38 ms · registered`, `rang 2.1 s · talked 31 s · ended by Bob`. */
export function groupSummary(group: LadderGroup, now: number): string {
  const first = group.events[0];
  if (first === undefined) return '';
  const messages = group.events.filter((event) => event.kind === 'sip' || event.kind === 'diameter').length;
  const parts = [`${messages} message${messages === 1 ? '' : 's'}`];
  if (group.kind === 'call') parts.push(...callTimes(group, now));
  else if (group.endedAt > 0) parts.push(durationText(group.endedAt - first.time));
  if (group.outcomeText !== '' && !isTimed(group)) parts.push(group.outcomeText);
  return parts.join(' · ');
}

/** `ringing 2.1 s`, `rang 2.1 s`, `talking 31 s`, `talked 31 s`, as far as the call came. */
function callTimes({ ringingAt, answeredAt, endedAt }: LadderGroup, now: number): string[] {
  const times: string[] = [];
  const rangUntil = answeredAt || endedAt;
  if (ringingAt > 0)
    times.push(`${rangUntil > 0 ? 'rang' : 'ringing'} ${durationText((rangUntil || now) - ringingAt)}`);
  if (answeredAt > 0)
    times.push(`${endedAt > 0 ? 'talked' : 'talking'} ${durationText((endedAt || now) - answeredAt)}`);
  return times;
}

/** A running call's outcome, `ringing` or `talking`, stands with its time. */
function isTimed({ kind, outcome, ringingAt }: LadderGroup): boolean {
  return kind === 'call' && outcome === 'running' && ringingAt > 0;
}
