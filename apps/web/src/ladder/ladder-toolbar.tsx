import { columnKey } from '@imslab/ims-core/trace/ladder';
import { ArrowDownToLine, Eraser, Pause } from 'lucide-react';
import { useStore } from 'zustand';
import { type ProtocolFilter, setFollow, trace } from './trace-store.ts';

const protocols: readonly { readonly key: keyof ProtocolFilter; readonly label: string }[] = [
  { key: 'sip', label: 'SIP' },
  { key: 'diameter', label: 'Diameter' },
  { key: 'media', label: 'Media' },
];

/** Forgets the events, in the gateway and in every page that watches. */
async function clear(): Promise<void> {
  await fetch('/api/v1/trace', { method: 'DELETE' });
}

/** What the ladder shows, and whether it follows. */
export function LadderToolbar() {
  const state = useStore(trace);
  const ues = [...state.parties.values()].filter((party) => party.node === 'ue');
  const waiting = state.pausedAt === null ? 0 : state.newest - state.pausedAt;
  return (
    <div className="ladder-toolbar" role="toolbar" aria-label="Ladder view">
      <label className="select">
        <span>Phone</span>
        <select value={state.ue} onChange={(event) => trace.setState({ ue: event.target.value })}>
          <option value="">All</option>
          {ues.map((party) => (
            <option key={columnKey(party)} value={party.id}>
              {party.label}
            </option>
          ))}
        </select>
      </label>
      <fieldset className="segmented">
        <legend className="visually-hidden">Protocols</legend>
        {protocols.map(({ key, label }) => (
          <button
            key={key}
            type="button"
            aria-pressed={state.protocols[key]}
            data-kind={key}
            onClick={() => trace.setState({ protocols: { ...state.protocols, [key]: !state.protocols[key] } })}
          >
            <span className="swatch" aria-hidden="true" />
            {label}
          </button>
        ))}
      </fieldset>
      <button
        type="button"
        className="quiet"
        aria-pressed={state.housekeeping}
        onClick={() => trace.setState({ housekeeping: !state.housekeeping })}
        title="Capabilities exchange and watchdogs of the Diameter peers"
      >
        Watchdogs
      </button>
      <span className="spacer" />
      <button type="button" className="follow" aria-pressed={state.follow} onClick={() => setFollow(!state.follow)}>
        {state.follow ? <ArrowDownToLine size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
        {state.follow ? 'Follow' : waiting > 0 ? `Paused, ${waiting} new` : 'Paused'}
      </button>
      <button type="button" className="quiet" onClick={() => void clear()}>
        <Eraser size={14} aria-hidden /> Clear
      </button>
    </div>
  );
}
