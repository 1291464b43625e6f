import type { TraceEvent } from '@imslab/ims-core/trace/event';
import { eventLabel } from '@imslab/ims-core/trace/ladder';

/** The kind of an arrow: its colour and its shape both come from it, so neither is the only sign. */
export function arrowKind(event: TraceEvent): string {
  switch (event.kind) {
    case 'sip':
      if (event.sip.status === 0) return 'request';
      return event.sip.status < 200
        ? 'provisional'
        : event.sip.status < 300
          ? 'success'
          : event.sip.status < 500
            ? 'refused'
            : 'error';
    case 'diameter':
      return 'diameter';
    default:
      return event.kind;
  }
}

interface Props {
  readonly event: TraceEvent;
  /** Index of the columns that the arrow leaves and reaches. */
  readonly from: number;
  readonly to: number;
  readonly columns: number;
}

/** An arrow between two lifelines, or a loop at one of them, with what it carries written on it. */
export function Arrow({ event, from, to, columns }: Props) {
  const center = (index: number) => ((index + 0.5) / columns) * 100;
  const left = center(Math.min(from, to));
  const width = center(Math.max(from, to)) - left;
  const direction = from === to ? 'self' : from < to ? 'right' : 'left';
  // Filled: a request. Open: an answer.
  const head = event.kind === 'sip' && event.sip.status > 0 ? 'open' : 'filled';
  return (
    <span
      className="arrow"
      data-kind={arrowKind(event)}
      data-direction={direction}
      data-head={`${head}-${direction}`}
      style={{ left: `${left}%`, width: `${width}%` }}
    >
      {direction === 'self' ? <Loop head={head} /> : <span className="arrow-line" />}
      <span className="arrow-label">
        {eventLabel(event)}
        {event.kind === 'sip' && event.sip.sdp ? <span className="chip">SDP</span> : null}
        {event.kind === 'sip' && event.sip.aka !== '' ? <span className="chip chip-aka">AKA</span> : null}
        {event.kind === 'sip' && event.sip.retransmission ? <span className="chip">again</span> : null}
      </span>
    </span>
  );
}

/** A box that sends to itself: out of the lifeline and back to it. */
function Loop({ head }: { readonly head: 'open' | 'filled' }) {
  return (
    <svg className="arrow-loop" viewBox="0 0 30 20" width="30" height="20" aria-hidden="true">
      <path className="arrow-loop-line" d="M0 3h18a5.500 5.500 0 0 1 0 13H4" />
      <path className="arrow-loop-head" d={head === 'filled' ? 'M0 16l8-5v10z' : 'M6 11.500 1 16l5 4.500'} />
    </svg>
  );
}
