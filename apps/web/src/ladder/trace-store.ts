import type { LabState } from '@imslab/ims-core/api/lab-api';
import { Correlation } from '@imslab/ims-core/trace/correlate';
import type { TraceEvent, TraceParty } from '@imslab/ims-core/trace/event';
import { columnKey } from '@imslab/ims-core/trace/ladder';
import { createStore } from 'zustand/vanilla';

/** Which protocols the ladder shows. */
export interface ProtocolFilter {
  readonly sip: boolean;
  readonly diameter: boolean;
  readonly media: boolean;
}

/**
 * What the ladder draws. The correlation is one growing object; `revision` changes with it, so that components draw anew.
 */
export interface TraceState {
  readonly connected: boolean;
  readonly lab: LabState | null;
  readonly correlation: Correlation;
  /** Every end of an arrow that was met, by column. */
  readonly parties: ReadonlyMap<string, TraceParty>;
  readonly events: ReadonlyMap<number, TraceEvent>;
  readonly revision: number;
  /** Scrolls with new events. */
  readonly follow: boolean;
  /** Number of the newest event when following was paused; null while it follows. */
  readonly pausedAt: number | null;
  readonly newest: number;
  readonly protocols: ProtocolFilter;
  /** IMSI of the one UE to show; empty for all. */
  readonly ue: string;
  /** Between-the-boxes traffic (watchdogs) is shown. */
  readonly housekeeping: boolean;
  readonly selected: number | null;
  readonly hovered: number | null;
  /** Ids of groups that were closed by hand. */
  readonly closedGroups: ReadonlySet<string>;
}

function emptyHistory(): Pick<
  TraceState,
  'correlation' | 'parties' | 'events' | 'revision' | 'newest' | 'pausedAt' | 'selected' | 'hovered' | 'closedGroups'
> {
  return {
    correlation: new Correlation(),
    parties: new Map(),
    events: new Map(),
    revision: 0,
    newest: 0,
    pausedAt: null,
    selected: null,
    hovered: null,
    closedGroups: new Set(),
  };
}

export const trace = createStore<TraceState>()(() => ({
  ...emptyHistory(),
  connected: false,
  lab: null,
  follow: true,
  protocols: { sip: true, diameter: true, media: true },
  ue: '',
  housekeeping: false,
}));

/** A new history begins. The person's filters stay. */
export function resetTrace(): void {
  trace.setState(emptyHistory());
}

export function addEvents(added: readonly TraceEvent[]): void {
  const state = trace.getState();
  const events = new Map(state.events);
  let parties = state.parties;
  for (const event of added) {
    state.correlation.add(event);
    events.set(event.seq, event);
    for (const party of [event.from, event.to]) {
      const key = columnKey(party);
      if (parties.has(key)) continue;
      parties = new Map(parties).set(key, party);
    }
  }
  trace.setState({ events, parties, newest: added.at(-1)?.seq ?? state.newest, revision: state.revision + 1 });
}

export function setFollow(follow: boolean): void {
  const { newest } = trace.getState();
  trace.setState({ follow, pausedAt: follow ? null : newest });
}

export function toggleGroup(id: string): void {
  const closed = new Set(trace.getState().closedGroups);
  if (!closed.delete(id)) closed.add(id);
  trace.setState({ closedGroups: closed });
}
