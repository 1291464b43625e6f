import type { SubscriberView } from '@imslab/ims-core/api/lab-api';
import { ExternalLink } from 'lucide-react';
import { useStore } from 'zustand';
import { trace } from '../ladder/trace-store.ts';
import { people } from './people.ts';
import type { Phone } from './phone.ts';

/** A call needs two phones: offers the second one, until there is one. */
export function SecondTabHint({ phone }: { readonly phone: Phone }) {
  const list = useStore(people, (state) => state.list);
  const registered = useStore(trace, (state) => state.lab?.registered.length ?? 0);
  const hasCard = ({ authenticationScheme }: SubscriberView) => authenticationScheme === 'Digest-AKAv1-MD5';
  const next = list.find((other) => hasCard(other) && other.imsi !== phone.sim.imsi && !other.taken);
  if (next === undefined || registered > 1) return null;
  // Without an opener the new tab has a memory of its own, and so a SIM of its own.
  const open = () => window.open(`/?ue=${encodeURIComponent(next.name.toLowerCase())}`, '_blank', 'noopener');
  return (
    <div className="card card-hint">
      <p>A call takes two: open a second tab to be {next.name}.</p>
      <button type="button" className="button" onClick={open}>
        <ExternalLink size={16} aria-hidden="true" />
        Open {next.name}’s phone
      </button>
    </div>
  );
}
