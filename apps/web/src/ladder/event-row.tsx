import type { TraceEvent } from '@imslab/ims-core/trace/event';
import { eventName } from '@imslab/ims-core/trace/ladder';
import { memo } from 'react';
import { useStore } from 'zustand';
import { Arrow } from './arrow.tsx';
import { dialogHue } from './dialog-hue.ts';
import { durationText } from './rows.ts';
import { hover, select, trace } from './trace-store.ts';

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const exactClock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});

/** Id of an event's row in the page, to give it the focus back. */
export function rowId(seq: number): string {
  return `event-${seq}`;
}

interface Props {
  readonly event: TraceEvent;
  readonly letter: string;
  /** Since the event above it, milliseconds; null for the first of its group. */
  readonly deltaMs: number | null;
  /** Index of the columns that the arrow leaves and reaches, of so many. */
  readonly from: number;
  readonly to: number;
  readonly columns: number;
  readonly top: number;
  /** Tab enters the ladder here. */
  readonly tabStop: boolean;
  /** How many events there are, and which one this is, when not all of them are in the page. */
  readonly size?: number | undefined;
  readonly position?: number | undefined;
}

/** One message of the ladder. Drawn again only when something of it changed, however many follow it. */
export const EventRow = memo(function EventRow(props: Props) {
  const { event, letter, deltaMs, from, to, columns, top, tabStop, size, position } = props;
  const bond = useStore(trace, (state) => state.lit.get(event.seq));
  const selected = useStore(trace, (state) => state.selected === event.seq);
  const name = eventName(event);
  return (
    <li
      className="ladder-item"
      style={{ top }}
      aria-label={name}
      aria-setsize={size}
      aria-posinset={position}
      data-bond={bond}
      data-selected={selected}
      data-dialog={dialogHue(letter)}
    >
      <button
        id={rowId(event.seq)}
        type="button"
        className="ladder-event"
        aria-pressed={selected}
        tabIndex={tabStop ? 0 : -1}
        onClick={() => select(event.seq)}
        onMouseEnter={() => hover(event.seq)}
        onMouseLeave={() => hover(null)}
        onFocus={() => {
          trace.setState({ visited: event.seq });
          hover(event.seq);
        }}
        onBlur={() => hover(null)}
        title={exactClock.format(event.time)}
      >
        <span className="visually-hidden">{name}</span>
        <span className="ladder-gutter" aria-hidden="true">
          <span className="ladder-number">{event.seq}</span>
          {letter === '' ? null : <span className="ladder-letter">{letter}</span>}
        </span>
        <span className="ladder-columns" aria-hidden="true">
          <Arrow event={event} from={from} to={to} columns={columns} />
          {bond === undefined || bond === 'self' ? null : <span className="ladder-bond">{bond}</span>}
        </span>
        <span className="ladder-delta" aria-hidden="true">
          {deltaMs === null ? clock.format(event.time) : `+${durationText(deltaMs)}`}
        </span>
      </button>
    </li>
  );
});
