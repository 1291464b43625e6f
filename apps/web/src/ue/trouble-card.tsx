import type { Trouble } from './words.ts';

/** What went wrong, what to try, and the wire's own word for it. */
export function TroubleCard({ trouble }: { readonly trouble: Trouble }) {
  return (
    <div className={trouble.severity === 'problem' ? 'card card-bad' : 'card'} role="alert">
      <p className="card-title">{trouble.text}</p>
      {trouble.advice ? <p>{trouble.advice}</p> : null}
      {trouble.wire ? <p className="card-wire">{trouble.wire}</p> : null}
    </div>
  );
}
