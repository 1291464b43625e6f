import { useEffect, useState } from 'react';
import { Avatar } from './avatar.tsx';
import { formatNumber } from './dial.ts';
import type { Phone } from './phone.ts';
import { type PhoneState, stateWords } from './phone-state.ts';

interface IdentityCardProps {
  readonly phone: Phone;
  readonly state: PhoneState;
}

/** Whose phone this is, and what it is doing. */
export function IdentityCard({ phone, state }: IdentityCardProps) {
  const { sim } = phone;
  const { registration, call, registered } = state;
  return (
    <header className="identity">
      <Avatar name={sim.name} size="medium" />
      <div className="identity-who">
        <h2>{sim.name}</h2>
        <p className="mono">{formatNumber(sim.number)}</p>
      </div>
      {registration === 'registered' && call === null ? (
        <button type="button" className="button button-quiet" onClick={phone.deregister}>
          Deregister
        </button>
      ) : null}
      <div className="identity-state" data-state={call?.state ?? registration}>
        <span className="state-dot" aria-hidden="true" />
        <p role="status">{stateWords(state)}</p>
        {registered && call === null ? <RefreshIn at={registered.refreshAt} /> : null}
        {call && !state.connected ? <span className="identity-aside">signalling reconnects</span> : null}
        {registration === 'deregistering' ? <span className="identity-aside">saying goodbye …</span> : null}
      </div>
    </header>
  );
}

const MINUTE_MS = 60_000;

function RefreshIn({ at }: { readonly at: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE_MS / 4);
    return () => clearInterval(timer);
  }, []);
  const left = at - now;
  const text = left < MINUTE_MS ? `${Math.max(0, Math.round(left / 1000))} s` : `${Math.round(left / MINUTE_MS)} min`;
  return <span className="identity-aside">renews in {text}</span>;
}
