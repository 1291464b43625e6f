import { columnKey, ladderColumns } from '@imslab/ims-core/trace/ladder';
import { useMemo, useRef } from 'react';
import { useStore } from 'zustand';
import { Inspector } from '../inspector/inspector.tsx';
import { session } from '../ue/session.ts';
import { LadderHeads } from './ladder-heads.tsx';
import { LadderRows } from './ladder-rows.tsx';
import { LadderToolbar } from './ladder-toolbar.tsx';
import { ladderRows } from './rows.ts';
import { trace } from './trace-store.ts';
import { VoiceBand } from './voice-band.tsx';
import './ladder.css';

/** The live ladder: the map as its head, one arrow a message, the inspector docked below. */
export function LadderPane() {
  const state = useStore(trace);
  const sim = useStore(session, (value) => value.sim);
  const scroller = useRef<HTMLDivElement>(null);
  const { correlation, revision, protocols, ue, housekeeping, closedGroups, parties, hovered, selected } = state;

  // biome's rule cannot see that the correlation grows in place: its revision stands for it.
  const rows = useMemo(
    () => (revision >= 0 ? ladderRows({ correlation, protocols, ue, housekeeping, closedGroups }) : []),
    [correlation, revision, protocols, ue, housekeeping, closedGroups],
  );
  const columns = useMemo(() => {
    const own = sim === null ? [] : [{ node: 'ue' as const, id: sim.imsi, label: sim.name }];
    return ladderColumns([...own, ...parties.values()], sim?.imsi);
  }, [parties, sim]);
  const lit = useMemo(() => {
    const focus = hovered ?? selected;
    const cause = focus === null ? undefined : state.events.get(focus)?.cause;
    return new Set(focus === null ? [] : [focus, ...(cause == null ? [] : [cause]), ...correlation.effectsOf(focus)]);
  }, [hovered, selected, state.events, correlation]);
  const newest = state.events.get(state.newest);

  return (
    <section className="ladder-pane" aria-label="Live ladder">
      <LadderToolbar />
      <div className="ladder-scroll" ref={scroller}>
        <LadderHeads
          columns={columns}
          lab={state.connected ? state.lab : null}
          reached={newest === undefined ? '' : columnKey(newest.to)}
          newest={state.newest}
        />
        <div className="ladder-track">
          <div className="ladder-lifelines" aria-hidden="true">
            <div className="ladder-gutter" />
            <div className="ladder-columns">
              {columns.map((column) => (
                <div key={column.key} className="lifeline" />
              ))}
            </div>
            <div className="ladder-delta" />
          </div>
          {rows.length === 0 ? (
            <EmptyLadder />
          ) : (
            <LadderRows rows={rows} columns={columns} scroller={scroller} lit={lit} />
          )}
        </div>
        <VoiceBand columns={columns} />
      </div>
      {selected === null ? null : <Inspector />}
    </section>
  );
}

function EmptyLadder() {
  return (
    <div className="ladder-empty">
      <p className="ladder-empty-title">Nothing on the wire yet</p>
      <p>
        Press <b>Register</b> on the phone: the REGISTER goes from this tab through P-CSCF, I-CSCF and S-CSCF, and the
        HSS decides. Every message appears here as it happens.
      </p>
    </div>
  );
}
