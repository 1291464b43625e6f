import type { Page } from 'playwright-core';

/** What one tab saw of one call, milliseconds since 1970 with fractions; null for what did not happen. */
export interface Seen {
  readonly click: Readonly<Record<string, number>>;
  /** The phone's state came to `incoming`, and the words for it were in the page. */
  readonly incoming: number | null;
  readonly incomingShown: number | null;
  /** The first packet from the other side was decoded and played out. */
  readonly decoded: number | null;
  /** What is played out is louder than silence. */
  readonly heard: number | null;
  /** Longest time in which the page could do nothing else, milliseconds. */
  readonly longestTask: number;
}

/** What is louder is no silence, dBFS. */
const AUDIBLE_DB = -50;
/** Looking costs the page time that the call needs too. */
const LOOK_EVERY_MS = 10;

/** Begins to note the next call in a tab. */
export function watch(page: Page): Promise<void> {
  return page.evaluate(
    ({ audible, every }) => {
      const at = (time: number) => performance.timeOrigin + time;
      const click: Record<string, number> = {};
      let incoming: number | null = null;
      let incomingShown: number | null = null;
      let decoded: number | null = null;
      let heard: number | null = null;
      let longestTask = 0;
      let ended = false;
      const onClick = (event: Event) => {
        const button = event.target instanceof Element ? event.target.closest('button') : null;
        click[button?.textContent?.replace(/(Esc|Enter)$/, '') ?? ''] = at(event.timeStamp);
      };
      document.addEventListener('click', onClick, true);
      const tasks = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) longestTask = Math.max(longestTask, duration);
      });
      tasks.observe({ type: 'longtask' });
      const words = new MutationObserver(() => {
        if (status?.textContent?.includes('Incoming call')) incomingShown ??= at(performance.now());
      });
      const status = document.querySelector('[role=status]');
      if (status !== null) words.observe(status, { childList: true, subtree: true, characterData: true });
      const stop = window.imslab.phone?.store.subscribe(({ call }) => {
        if (call?.state === 'incoming') incoming ??= at(performance.now());
        if ((call?.state === 'answering' || call?.state === 'ringing') && !listening) {
          listening = true;
          listen();
        }
      });
      let listening = false;
      const listen = () => {
        if (ended || heard !== null) return;
        const receiver = window.imslab.peerConnection?.getReceivers().find(({ track }) => track.kind === 'audio');
        const source = receiver?.getSynchronizationSources()[0];
        if (source !== undefined) decoded ??= source.timestamp;
        if ((window.imslab.phone?.audio.levelDb('incoming') ?? -200) > audible) heard = at(performance.now());
        else setTimeout(listen, every);
      };
      Object.assign(window, {
        seen: () => {
          ended = true;
          document.removeEventListener('click', onClick, true);
          words.disconnect();
          tasks.disconnect();
          stop?.();
          return { click, incoming, incomingShown, decoded, heard, longestTask };
        },
      });
    },
    { audible: AUDIBLE_DB, every: LOOK_EVERY_MS },
  );
}

/** Ends the watch and says what was seen. */
export function seen(page: Page): Promise<Seen> {
  return page.evaluate('window.seen()');
}

/** Waits in the page until its call is in this state, or until it has none: nothing is asked again and again meanwhile. */
export function callIs(page: Page, state: 'incoming' | 'ringing' | 'in-call' | 'none'): Promise<void> {
  return page.evaluate(
    (wanted) =>
      new Promise<void>((resolve) => {
        const store = window.imslab.phone?.store;
        const look = () => {
          if ((store?.getState().call?.state ?? 'none') !== wanted) return;
          stop?.();
          resolve();
        };
        const stop = store?.subscribe(look);
        look();
      }),
    state,
  );
}
