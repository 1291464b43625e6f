import type { LadderColumn } from '@imslab/ims-core/trace/ladder';
import { columnKey } from '@imslab/ims-core/trace/ladder';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, memo, type RefObject, useMemo, useRef } from 'react';
import { useStore } from 'zustand';
import { BetweenLine } from './between-line.tsx';
import { EventRow } from './event-row.tsx';
import { GroupLine } from './group-line.tsx';
import { type LadderRow, ROW_PX } from './rows.ts';
import { select, setFollow, trace } from './trace-store.ts';
import { useFollow } from './use-follow.ts';

/** Up to here every event is in the page; beyond it only those in view. */
export const MAX_PLAIN_EVENTS = 1_000;

interface Props {
  readonly rows: readonly LadderRow[];
  readonly columns: readonly LadderColumn[];
  readonly scroller: RefObject<HTMLDivElement | null>;
}

/** The rows between the lifelines. Headings lie in a layer of their own: a list holds list items only. */
export const LadderRows = memo(function LadderRows({ rows, columns, scroller }: Props) {
  const visited = useStore(trace, (state) => state.visited);
  const list = useRef<HTMLUListElement>(null);
  const events = useMemo(() => rows.filter((row) => row.kind === 'event'), [rows]);
  const virtual = events.length > MAX_PLAIN_EVENTS;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 30,
    enabled: virtual,
  });
  const shown = virtual ? virtualizer.getVirtualItems().map((item) => item.index) : rows.map((_, index) => index);
  const columnIndex = useMemo(() => new Map(columns.map((column, index) => [column.key, index])), [columns]);
  const positions = useMemo(
    () => (virtual ? new Map(events.map((row, index) => [row.key, index + 1])) : null),
    [virtual, events],
  );
  useFollow(scroller, rows);

  const shownEvents = shown.map((index) => rows[index]).filter((row) => row?.kind === 'event');
  const tabStop = (shownEvents.find((row) => row.event.seq === visited) ?? shownEvents.at(-1))?.event.seq;

  const move = (event: KeyboardEvent<HTMLElement>) => {
    const buttons = [...(list.current?.querySelectorAll<HTMLButtonElement>('button') ?? [])];
    const at = buttons.findIndex((button) => button === event.target);
    const next =
      event.key === 'ArrowDown'
        ? buttons[at + 1]
        : event.key === 'ArrowUp'
          ? buttons[at - 1]
          : event.key === 'Home'
            ? buttons[0]
            : undefined;
    if (next === undefined) return;
    event.preventDefault();
    setFollow(false);
    next.focus();
    // The docked message goes along.
    if (trace.getState().selected !== null) select(Number(next.id.replace(/\D+/, '')));
  };

  return (
    <div className="ladder-canvas" style={{ height: rows.length * ROW_PX }}>
      {spans(rows).map(({ row, at, length }) => (
        <GroupLine
          key={row.key}
          group={row.group}
          events={row.group.events.length}
          title={row.group.title}
          outcome={row.group.outcome}
          open={row.open}
          watches={row.watches}
          watchesOpen={row.watchesOpen}
          top={at * ROW_PX}
          height={length * ROW_PX}
        />
      ))}
      {shown.map((index) => {
        const row = rows[index];
        if (row?.kind !== 'gap' && row?.kind !== 'note') return null;
        return <BetweenLine key={row.key} row={row} top={index * ROW_PX} />;
      })}
      <ul ref={list} className="ladder-list" aria-label="Ladder" onKeyDown={move}>
        {shown.map((index) => {
          const row = rows[index];
          if (row?.kind !== 'event') return null;
          return (
            <EventRow
              key={row.key}
              event={row.event}
              letter={row.group.letter}
              deltaMs={row.deltaMs}
              from={columnIndex.get(columnKey(row.event.from)) ?? 0}
              to={columnIndex.get(columnKey(row.event.to)) ?? 0}
              columns={columns.length}
              top={index * ROW_PX}
              tabStop={row.event.seq === tabStop}
              position={positions?.get(row.key)}
              size={positions === null ? undefined : events.length}
            />
          );
        })}
      </ul>
    </div>
  );
});

/** Each group's line with the number of rows that it stands over, its own counted. */
function spans(rows: readonly LadderRow[]) {
  const starts = rows.flatMap((row, at) => (row.kind === 'group' ? [{ row, at }] : []));
  return starts.map(({ row, at }, index) => ({ row, at, length: (starts[index + 1]?.at ?? rows.length) - at }));
}
