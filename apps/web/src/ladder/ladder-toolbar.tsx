import { ArrowDownToLine, Eraser, Pause } from 'lucide-react';
import { useStore } from 'zustand';
import { type ProtocolFilter, setFollow, trace } from './trace-store.ts';

const protocolNames: readonly { readonly key: keyof ProtocolFilter; readonly label: string }[] = [
  { key: 'sip', label: 'SIP' },
  { key: 'diameter', label: 'Diameter' },
  { key: 'media', label: 'Media' },
];

/** Forgets the events, in the gateway and in every page that watches. */
async function clear(): Promise<void> {
  await fetch('/api/v1/trace', { method: 'DELETE' });
}

/** What the ladder shows, and whether it follows. `waiting`: shown events that came since it was paused. */
export function LadderToolbar({ waiting }: { readonly waiting: number }) {
  const protocols = useStore(trace, (state) => state.protocols);
  const housekeeping = useStore(trace, (state) => state.housekeeping);
  const follow = useStore(trace, (state) => state.follow);
  const connected = useStore(trace, (state) => state.connected);
  return (
    <div className="ladder-toolbar">
      <UeFilter />
      <fieldset className="segmented">
        <legend className="visually-hidden">Protocols</legend>
        {protocolNames.map(({ key, label }) => (
          <button
            key={key}
            type="button"
            aria-pressed={protocols[key]}
            data-kind={key}
            onClick={() => trace.setState({ protocols: { ...protocols, [key]: !protocols[key] } })}
          >
            <span className="swatch" aria-hidden="true" />
            {label}
          </button>
        ))}
      </fieldset>
      <button
        type="button"
        className="quiet"
        aria-pressed={housekeeping}
        onClick={() => trace.setState({ housekeeping: !housekeeping })}
        title="Capabilities exchange and watchdogs of the Diameter peers"
      >
        Watchdogs
      </button>
      <span className="spacer" />
      <button
        type="button"
        className="follow"
        data-follow={follow}
        onClick={() => setFollow(!follow)}
        title={
          follow ? 'New messages scroll into view. Click, or scroll up, to pause' : 'Click, or press End, to go on'
        }
      >
        {follow ? <ArrowDownToLine size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
        {follow ? 'Following' : waiting > 0 ? `Paused, ${waiting} new` : 'Paused'}
      </button>
      <button type="button" className="quiet" disabled={!connected} onClick={() => void clear()}>
        <Eraser size={14} aria-hidden /> Clear
      </button>
    </div>
  );
}

/** The phones that were met, that are registered, or that the filter holds. */
function UeFilter() {
  const ue = useStore(trace, (state) => state.ue);
  const parties = useStore(trace, (state) => state.parties);
  const registered = useStore(trace, (state) => state.lab?.registered);
  const names = new Map<string, string>(ue === '' ? [] : [[ue, ue]]);
  for (const user of registered ?? []) names.set(user.imsi, user.name);
  for (const party of parties.values()) if (party.node === 'ue') names.set(party.id, party.label);
  return (
    <label className="select">
      <span>Phone</span>
      <select value={ue} onChange={(event) => trace.setState({ ue: event.target.value })}>
        <option value="">All</option>
        {[...names].map(([imsi, name]) => (
          <option key={imsi} value={imsi}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
