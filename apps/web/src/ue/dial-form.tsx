import type { SubscriberView } from '@imslab/ims-core/api/lab-api';
import { Phone as PhoneIcon } from 'lucide-react';
import { useStore } from 'zustand';
import { trace } from '../ladder/trace-store.ts';
import { Avatar } from './avatar.tsx';
import { formatNumber } from './dial.ts';
import { people } from './people.ts';
import type { Phone } from './phone.ts';

/** The lab's only public service is the echo test. */
function isService({ kind }: SubscriberView): boolean {
  return kind === 'service';
}

interface DialFormProps {
  readonly phone: Phone;
  /** Registered: a call can be made. */
  readonly ready: boolean;
  readonly target: string;
  readonly onTarget: (target: string) => void;
}

/** Whom to call: typed, or chosen among the people of the lab. */
export function DialForm({ phone, ready, target, onTarget }: DialFormProps) {
  const list = useStore(people, (state) => state.list);
  const registered = useStore(trace, (state) => state.lab?.registered);
  const there = new Set(registered?.map(({ imsi }) => imsi));
  const others = list
    .filter(({ imsi }) => imsi !== phone.sim.imsi)
    .toSorted(
      (a, b) => Number(isService(b)) - Number(isService(a)) || Number(there.has(b.imsi)) - Number(there.has(a.imsi)),
    );

  const onSubmit = (event: React.FormEvent) => {
    event.preventDefault();
    if (ready) phone.call(target);
  };

  return (
    <form className="dial" onSubmit={onSubmit}>
      <label htmlFor="call-to">Call to</label>
      <input
        id="call-to"
        className="field"
        data-focus="idle"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        enterKeyHint="go"
        placeholder="name, number or SIP address"
        value={target}
        onChange={(event) => onTarget(event.target.value)}
      />
      <button type="submit" className="button button-primary" disabled={!ready || target.trim() === ''}>
        <PhoneIcon size={18} aria-hidden="true" />
        Call
      </button>
      {others.length > 0 ? (
        <ul className="people" aria-label="People of the lab">
          {others.map((person) => (
            <li key={person.imsi}>
              <button type="button" className="person" onClick={() => onTarget(person.name.toLowerCase())}>
                <Avatar name={person.name} size="small" />
                <span>{person.name}</span>
                {isService(person) ? (
                  <span className="person-service">hear yourself</span>
                ) : (
                  <span className="person-number mono">{formatNumber(person.number)}</span>
                )}
                <span className="person-there">
                  {there.has(person.imsi) ? <span className="person-dot" title="registered" /> : null}
                </span>
              </button>
            </li>
          ))}
        </ul>
      ) : null}
    </form>
  );
}
