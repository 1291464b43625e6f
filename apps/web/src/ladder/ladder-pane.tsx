import { columnKey, ladderColumns } from '@imslab/ims-core/trace/ladder';
import { type CSSProperties, useDeferredValue, useEffect, useMemo, useRef } from 'react';
import { Group, Panel, Separator } from 'react-resizable-panels';
import { useStore } from 'zustand';
import { Inspector } from '../inspector/inspector.tsx';
import { session } from '../ue/session.ts';
import { rowId } from './event-row.tsx';
import { LadderHeads } from './ladder-heads.tsx';
import { LadderRows } from './ladder-rows.tsx';
import { LadderToolbar } from './ladder-toolbar.tsx';
import { callWords } from './live-words.ts';
import { ladderRows, newSince, shownGroups } from './rows.ts';
import { allShown, trace } from './trace-store.ts';
import { VoiceBand } from './voice-band.tsx';
import './ladder.css';

/** The live ladder: the map as its head, one arrow a message, the inspector docked below. */
export function LadderPane() {
  const selected = useStore(trace, (state) => state.selected);
  return (
    <section className="ladder-pane" aria-labelledby="ladder-title">
      <h2 id="ladder-title" className="visually-hidden">
        Live ladder
      </h2>
      <Group className="ladder-split" orientation="vertical">
        <Panel id="ladder" minSize="160px" className="ladder-main">
          <LadderView />
        </Panel>
        {selected === null ? null : (
          <>
            <Separator id="ladder-split" className="ladder-separator" aria-label="Height of the message" />
            <Panel id="message" defaultSize="45%" minSize="120px" className="ladder-message">
              <Inspector />
            </Panel>
          </>
        )}
      </Group>
    </section>
  );
}

/** The rows that the filters leave, under the heads. */
function LadderView() {
  const scroller = useRef<HTMLDivElement>(null);
  const sim = useStore(session, (value) => value.sim);
  const connected = useStore(trace, (state) => state.connected);
  const lab = useStore(trace, (state) => state.lab);
  const correlation = useStore(trace, (state) => state.correlation);
  const revision = useStore(trace, (state) => state.revision);
  const protocols = useStore(trace, (state) => state.protocols);
  const ue = useStore(trace, (state) => state.ue);
  const housekeeping = useStore(trace, (state) => state.housekeeping);
  const closedGroups = useStore(trace, (state) => state.closedGroups);
  const openWatches = useStore(trace, (state) => state.openWatches);
  const parties = useStore(trace, (state) => state.parties);
  const pausedAt = useStore(trace, (state) => state.pausedAt);
  const selected = useStore(trace, (state) => state.selected);

  // The correlation grows in place: its revision stands for it.
  const rows = useMemo(
    () => (revision >= 0 ? ladderRows({ correlation, protocols, ue, housekeeping, closedGroups, openWatches }) : []),
    [correlation, revision, protocols, ue, housekeeping, closedGroups, openWatches],
  );
  // Drawn in slices that let everything else pass: the phone's SIP messages come first.
  const drawn = useDeferredValue(rows);
  const calls = useMemo(() => callWords(revision >= 0 ? correlation.groups : []), [correlation, revision]);
  const met = useMemo(() => {
    if (ue === '' || revision < 0) return null;
    return new Set(shownGroups({ correlation, ue, housekeeping }).flatMap((group) => [...group.ues]));
  }, [correlation, revision, ue, housekeeping]);
  const metKey = met === null ? null : [...met].sort().join(' ');
  const columns = useMemo(() => {
    const wanted = metKey === null ? null : new Set(metKey.split(' '));
    const own = sim === null ? [] : [{ node: 'ue' as const, id: sim.imsi, label: sim.name }];
    const seen = [...parties.values()].filter(
      (party) => party.node !== 'ue' || wanted === null || wanted.has(party.id),
    );
    return ladderColumns([...own, ...seen], sim?.imsi);
  }, [parties, sim, metKey]);
  const newest = trace.getState().events.get(trace.getState().newest);

  // A row that was folded away is there only with the rows that are drawn next.
  const shownRow = useRef<number | null>(null);
  useEffect(() => {
    if (selected === null) shownRow.current = null;
    const row = selected === null || drawn.length === 0 ? null : document.getElementById(rowId(selected));
    if (row === null || shownRow.current === selected) return;
    shownRow.current = selected;
    row.scrollIntoView({ block: 'nearest' });
    // The link that led here is gone with the message before.
    if (document.activeElement === document.body) row.focus();
  }, [selected, drawn]);

  return (
    <div className="ladder-view">
      <LadderToolbar waiting={newSince(rows, pausedAt)} />
      <div
        className="ladder-scroll"
        ref={scroller}
        style={{ '--columns': columns.length } as CSSProperties}
        // What scrolls must be reachable by keyboard, also while nothing in it is.
        tabIndex={drawn.length === 0 ? 0 : -1}
      >
        <LadderHeads
          columns={columns}
          lab={connected ? lab : null}
          calls={calls}
          reached={newest === undefined ? '' : columnKey(newest.to)}
          newest={newest?.seq ?? 0}
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
          {drawn.length === 0 ? (
            <EmptyLadder filtered={shownGroups({ correlation, ...allShown }).length > 0} />
          ) : (
            <LadderRows rows={drawn} columns={columns} scroller={scroller} />
          )}
        </div>
        <VoiceBand columns={columns} />
      </div>
    </div>
  );
}

function EmptyLadder({ filtered }: { readonly filtered: boolean }) {
  return (
    <div className="ladder-empty-place">
      <div className="ladder-empty">{filtered ? <NothingLeft /> : <NothingYet />}</div>
    </div>
  );
}

function NothingLeft() {
  return (
    <>
      <p className="ladder-empty-title">The filters leave nothing</p>
      <button type="button" onClick={() => trace.setState(allShown)}>
        Show everything
      </button>
    </>
  );
}

/** Each kind of line with its shape, as the arrows of the ladder have them. */
const legend: readonly { readonly kind: string; readonly head: 'filled' | 'open'; readonly words: string }[] = [
  { kind: 'request', head: 'filled', words: 'SIP request' },
  { kind: 'success', head: 'open', words: 'SIP response' },
  { kind: 'diameter', head: 'filled', words: 'Diameter, to the HSS' },
  { kind: 'media', head: 'filled', words: 'voice and its keys' },
];

function NothingYet() {
  return (
    <>
      <p className="ladder-empty-title">Nothing on the wire yet</p>
      <p>
        Press <b>Register</b> on the phone: the REGISTER goes from this tab through P-CSCF, I-CSCF and S-CSCF, and the
        HSS decides. Every message appears here as it happens.
      </p>
      <ul className="ladder-legend" aria-label="How to read the lines">
        {legend.map(({ kind, head, words }) => (
          <li key={kind}>
            <span className="arrow" data-kind={kind} data-head={`${head}-right`} aria-hidden="true">
              <span className="arrow-line" />
            </span>
            {words}
          </li>
        ))}
      </ul>
    </>
  );
}
