import { type RefObject, useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { type LadderRow, ROW_PX } from './rows.ts';
import { setFollow, trace } from './trace-store.ts';

/** Distance from the end at which the person counts as being there, pixels. */
const END_PX = 40;

/**
 * Keeps the newest row in view while the ladder follows. Scrolling up pauses it; scrolling down to the end, or the key End,
 * goes on.
 */
export function useFollow(scroller: RefObject<HTMLDivElement | null>, rows: readonly LadderRow[]): void {
  const follow = useStore(trace, (state) => state.follow);
  /** Where this hook scrolled to itself: that is no wish of the person. */
  const own = useRef(0);

  // The observer reports with the next frame, which lays the page out anyway, and when the window leaves more or less room.
  // A hidden tab has no frames: it scrolls when it is seen.
  useEffect(() => {
    const element = scroller.current;
    if (!follow || element === null || rows.length === 0) return;
    const observer = new ResizeObserver(() => {
      const top = followedTop(element, rows);
      if (top === element.scrollTop) return;
      element.scrollTop = top;
      own.current = element.scrollTop;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [follow, rows, scroller]);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    let top = element.scrollTop;
    const onScroll = () => {
      const before = top;
      top = element.scrollTop;
      if (Math.abs(top - own.current) < 2) return;
      own.current = -ROW_PX;
      const atEnd = element.scrollHeight - top - element.clientHeight < END_PX;
      const { follow, selected } = trace.getState();
      if (top < before && !atEnd && follow) setFollow(false);
      else if (top > before && atEnd && !follow && selected === null) setFollow(true);
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'End') setFollow(true);
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    element.addEventListener('keydown', onKey);
    return () => {
      element.removeEventListener('scroll', onScroll);
      element.removeEventListener('keydown', onKey);
    };
  }, [scroller]);
}

/** The newest row is mostly the last one; one of an older group is brought into view when it is out of it. */
function followedTop(element: HTMLElement, rows: readonly LadderRow[]): number {
  const newest = rows.findLastIndex((row) => row.kind === 'event' && row.event.seq === trace.getState().newest);
  if (newest < 0 || newest >= rows.length - 1) return element.scrollHeight;
  const track = element.querySelector<HTMLElement>('.ladder-track');
  const rowTop = (track?.offsetTop ?? 0) + newest * ROW_PX;
  const hiddenAbove = (track?.offsetTop ?? 0) + ROW_PX;
  const hiddenBelow = element.querySelector<HTMLElement>('.voice-band')?.offsetHeight ?? 0;
  const inView =
    rowTop >= element.scrollTop + hiddenAbove &&
    rowTop + ROW_PX <= element.scrollTop + element.clientHeight - hiddenBelow;
  return inView ? element.scrollTop : rowTop + 2 * ROW_PX - element.clientHeight + hiddenBelow;
}
