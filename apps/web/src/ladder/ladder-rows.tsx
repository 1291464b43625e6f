import type { LadderColumn } from '@imslab/ims-core/trace/ladder';
import { columnKey, eventName } from '@imslab/ims-core/trace/ladder';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { type KeyboardEvent, type RefObject, useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { Arrow } from './arrow.tsx';
import { durationText, groupSummary, type LadderRow } from './rows.ts';
import { setFollow, toggleGroup, trace } from './trace-store.ts';

/** Height of every row, pixels. */
export const ROW_PX = 28;
/** Up to here every row is in the page; beyond it only those in view. */
export const MAX_PLAIN_ROWS = 1_500;
/** Distance from the end at which the person counts as following, pixels. */
const END_PX = 40;

/** The dialog's hue, one of eight; the letter beside it says the same. */
function dialogHue(letter: string): string | undefined {
  return letter === '' ? undefined : 'abcdefgh'[(letter.charCodeAt(0) - 65) % 8];
}

interface Props {
  readonly rows: readonly LadderRow[];
  readonly columns: readonly LadderColumn[];
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** Numbers that the hovered or selected event is bound to by cause. */
  readonly lit: ReadonlySet<number>;
}

/** The rows between the lifelines. Headings lie in a layer of their own: a list holds list items only. */
export function LadderRows({ rows, columns, scroller, lit }: Props) {
  const follow = useStore(trace, (state) => state.follow);
  const selected = useStore(trace, (state) => state.selected);
  const list = useRef<HTMLUListElement>(null);
  const virtual = rows.length > MAX_PLAIN_ROWS;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 30,
    enabled: virtual,
  });
  const shown = virtual ? virtualizer.getVirtualItems().map((item) => item.index) : rows.map((_, index) => index);
  const events = rows.filter((row) => row.kind === 'event');

  useEffect(() => {
    const element = scroller.current;
    if (follow && element !== null && rows.length > 0) element.scrollTop = element.scrollHeight;
  }, [follow, rows, scroller]);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    let top = element.scrollTop;
    const onScroll = () => {
      const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < END_PX;
      const state = trace.getState();
      if (element.scrollTop < top && !atEnd && state.follow) setFollow(false);
      else if (atEnd && !state.follow && element.scrollTop > top) setFollow(true);
      top = element.scrollTop;
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => element.removeEventListener('scroll', onScroll);
  }, [scroller]);

  const move = (event: KeyboardEvent<HTMLElement>) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    const items = [...(list.current?.querySelectorAll<HTMLButtonElement>('button') ?? [])];
    const at = items.indexOf(
      event.target instanceof HTMLButtonElement ? event.target : (items[0] as HTMLButtonElement),
    );
    const next = items[at + step];
    if (next === undefined) return;
    event.preventDefault();
    setFollow(false);
    next.focus();
  };

  const position = new Map(events.map((row, index) => [row.key, index + 1]));
  return (
    <div className="ladder-canvas" style={{ height: rows.length * ROW_PX }}>
      {shown.map((index) => {
        const row = rows[index];
        return row?.kind === 'group' ? <GroupLine key={row.key} row={row} top={index * ROW_PX} /> : null;
      })}
      {shown.map((index) => {
        const row = rows[index];
        if (row?.kind !== 'gap' && row?.kind !== 'note') return null;
        return (
          <div key={row.key} className="ladder-gap" style={{ top: index * ROW_PX }} data-kind={row.kind}>
            <span title={row.kind === 'note' ? row.code : undefined}>
              {row.kind === 'gap' ? durationText(row.ms) : row.text}
            </span>
          </div>
        );
      })}
      <ul ref={list} className="ladder-list" aria-label="Ladder" onKeyDown={move}>
        {shown.map((index) => {
          const row = rows[index];
          if (row?.kind !== 'event') return null;
          const { event, group } = row;
          return (
            <li
              key={row.key}
              className="ladder-item"
              style={{ top: index * ROW_PX }}
              aria-label={eventName(event)}
              aria-setsize={events.length}
              aria-posinset={position.get(row.key)}
              data-lit={lit.has(event.seq)}
              data-selected={selected === event.seq}
              data-dialog={dialogHue(group.letter)}
            >
              <button
                type="button"
                className="ladder-event"
                aria-label={eventName(event)}
                onClick={() => trace.setState({ selected: event.seq })}
                onMouseEnter={() => trace.setState({ hovered: event.seq })}
                onMouseLeave={() => trace.setState({ hovered: null })}
                onFocus={() => trace.setState({ hovered: event.seq })}
                onBlur={() => trace.setState({ hovered: null })}
                title={new Date(event.time).toISOString()}
              >
                <span className="ladder-gutter">
                  <span className="ladder-number">{event.seq}</span>
                  {group.letter === '' ? null : <span className="ladder-letter">{group.letter}</span>}
                </span>
                <span className="ladder-columns">
                  <Arrow
                    event={event}
                    from={columns.findIndex((column) => column.key === columnKey(event.from))}
                    to={columns.findIndex((column) => column.key === columnKey(event.to))}
                    columns={columns.length}
                  />
                </span>
                <span className="ladder-delta">+{durationText(row.deltaMs)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function GroupLine({ row, top }: { readonly row: LadderRow & { kind: 'group' }; readonly top: number }) {
  const { group, open } = row;
  const Chevron = open ? ChevronDown : ChevronRight;
  return (
    <h3 className="ladder-group" style={{ top }} data-outcome={group.outcome} data-dialog={dialogHue(group.letter)}>
      <button type="button" aria-expanded={open} onClick={() => toggleGroup(group.id)}>
        <Chevron size={14} aria-hidden />
        {group.letter === '' ? null : <span className="ladder-letter">{group.letter}</span>}
        <span className="ladder-group-title">{group.title}</span>
        <span className="ladder-group-summary">{groupSummary(group, Date.now())}</span>
      </button>
    </h3>
  );
}
