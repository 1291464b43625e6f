import { formatDuration } from './duration.ts';
import { type EndedCall, peerWords } from './phone-state.ts';
import { TroubleCard } from './trouble-card.tsx';

/** How the last call ended. */
export function EndedCard({ ended }: { readonly ended: EndedCall }) {
  if (ended.trouble) return <TroubleCard trouble={ended.trouble} />;
  return (
    <div className="card">
      <p className="card-title">{ended.text}</p>
      <p>
        {ended.direction === 'incoming' ? 'From' : 'To'} {peerWords(ended)}
        {ended.talkedMs === null ? '' : `, talked ${formatDuration(ended.talkedMs)}`}
      </p>
    </div>
  );
}
