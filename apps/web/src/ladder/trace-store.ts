import type { LabState } from '@imslab/ims-core/api/lab-api';
import { Correlation } from '@imslab/ims-core/trace/correlate';
import type { TraceEvent, TraceParty } from '@imslab/ims-core/trace/event';
import { columnKey } from '@imslab/ims-core/trace/ladder';
import { createStore } from 'zustand/vanilla';
import { nameOf } from '../ue/people.ts';
import { watchesOf } from './watches.ts';

/** Which protocols the ladder shows. */
export interface ProtocolFilter {
  readonly sip: boolean;
  readonly diameter: boolean;
  readonly media: boolean;
}

/** What the ladder leaves out, as the person chose it. */
export interface LadderFilters {
  readonly protocols: ProtocolFilter;
  /** IMSI of the one UE to show; empty for all. */
  readonly ue: string;
  /** Between-the-boxes traffic (watchdogs) is shown. */
  readonly housekeeping: boolean;
}

/** Everything is shown but what the boxes say to each other without a person. */
export const allShown: LadderFilters = {
  protocols: { sip: true, diameter: true, media: true },
  ue: '',
  housekeeping: false,
};

/** How an event is bound to the one under the pointer, the focus or in the inspector. */
export type Bond = 'self' | 'cause' | 'effect';

/**
 * What the ladder draws. The correlation and the events are growing objects; `revision` changes with them, so that components
 * draw anew.
 */
export interface TraceState extends LadderFilters {
  readonly connected: boolean;
  readonly lab: LabState | null;
  readonly correlation: Correlation;
  /** Every end of an arrow that was met, by column. */
  readonly parties: ReadonlyMap<string, TraceParty>;
  readonly events: Map<number, TraceEvent>;
  readonly revision: number;
  /** Scrolls with new events. */
  readonly follow: boolean;
  /** Number of the newest event when following was paused; null while it follows. */
  readonly pausedAt: number | null;
  readonly newest: number;
  /** Event in the inspector. */
  readonly selected: number | null;
  /** Event under the pointer or the focus. */
  readonly hovered: number | null;
  /** Event that had the focus last: Tab comes back to it. */
  readonly visited: number | null;
  /** The hovered event, else the selected one, with its cause and its effects. */
  readonly lit: ReadonlyMap<number, Bond>;
  /** Ids of groups that were closed by hand. */
  readonly closedGroups: ReadonlySet<string>;
  /** Ids of the registrations whose watches are shown. */
  readonly openWatches: ReadonlySet<string>;
}

const nothingLit: ReadonlyMap<number, Bond> = new Map();

function emptyHistory() {
  return {
    correlation: new Correlation(nameOf),
    parties: new Map<string, TraceParty>(),
    events: new Map<number, TraceEvent>(),
    revision: 0,
    newest: 0,
    selected: null,
    hovered: null,
    visited: null,
    lit: nothingLit,
    closedGroups: new Set<string>(),
    openWatches: new Set<string>(),
  };
}

export const trace = createStore<TraceState>()(() => ({
  ...allShown,
  ...emptyHistory(),
  connected: false,
  lab: null,
  follow: true,
  pausedAt: null,
}));

/** A new history begins, and is followed. The person's filters stay. */
export function resetTrace(): void {
  trace.setState({ ...emptyHistory(), follow: true, pausedAt: null });
}

/** Adds the next events, in the order of their numbers. */
export function addEvents(added: readonly TraceEvent[]): void {
  const last = added.at(-1);
  if (last === undefined) return;
  const { correlation, events, parties, revision, hovered, selected, lit } = trace.getState();
  const met = new Map(parties);
  for (const event of added) {
    correlation.add(event);
    events.set(event.seq, event);
    for (const party of [event.from, event.to]) {
      const key = columnKey(party);
      if (!met.has(key)) met.set(key, party);
    }
  }
  const focus = hovered ?? selected;
  const newEffects = added.some((event) => event.cause !== null && event.cause === focus);
  trace.setState({
    parties: met.size === parties.size ? parties : met,
    newest: last.seq,
    revision: revision + 1,
    lit: newEffects ? bondsOf(focus, events, correlation) : lit,
  });
}

function bondsOf(
  focus: number | null,
  events: ReadonlyMap<number, TraceEvent>,
  correlation: Correlation,
): ReadonlyMap<number, Bond> {
  const event = focus === null ? undefined : events.get(focus);
  if (event === undefined) return nothingLit;
  const bonds = new Map<number, Bond>([[event.seq, 'self']]);
  if (event.cause !== null) bonds.set(event.cause, 'cause');
  for (const effect of correlation.effectsOf(event.seq)) bonds.set(effect, 'effect');
  return bonds;
}

export function setFollow(follow: boolean): void {
  const { newest } = trace.getState();
  trace.setState({ follow, pausedAt: follow ? null : newest });
}

/** Lights an event, its cause and its effects; null puts the light back on the selected one. */
export function hover(seq: number | null): void {
  const { selected, events, correlation } = trace.getState();
  trace.setState({ hovered: seq, lit: bondsOf(seq ?? selected, events, correlation) });
}

/** Opens an event in the inspector, and stops following so that it stays in view; null closes the inspector. */
export function select(seq: number | null): void {
  const { hovered, events, correlation, follow } = trace.getState();
  trace.setState({ selected: seq, lit: bondsOf(hovered ?? seq, events, correlation) });
  if (seq === null) return;
  unfold(seq);
  if (follow) setFollow(false);
}

/** Opens what an event is folded away in. */
function unfold(seq: number): void {
  const { correlation, closedGroups, openWatches } = trace.getState();
  const group = correlation.groupOf(seq);
  if (group === undefined) return;
  if (closedGroups.has(group.id)) toggleGroup(group.id);
  for (const [registration, watches] of watchesOf(correlation.groups)) {
    if (watches.includes(group) && !openWatches.has(registration.id)) toggleWatches(registration.id);
  }
}

export function toggleGroup(id: string): void {
  trace.setState(({ closedGroups }) => ({ closedGroups: toggled(closedGroups, id) }));
}

/** Shows or folds the watches of a registration. */
export function toggleWatches(id: string): void {
  trace.setState(({ openWatches }) => ({ openWatches: toggled(openWatches, id) }));
}

function toggled(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const changed = new Set(ids);
  if (!changed.delete(id)) changed.add(id);
  return changed;
}
