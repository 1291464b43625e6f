import { addEvents, resetTrace, trace } from '../ladder/trace-store.ts';
import { session, simMoved } from '../ue/session.ts';
import { FeedClient, type FeedHandler, type FeedSocket } from './feed.ts';
import { gather } from './gather.ts';
import { steadyTimeout } from './steady-timer.ts';

/** How long events wait for others, milliseconds: no eye sees it, and the phone's own work is not held up by drawing each one. */
const DRAW_EVERY_MS = 50;
/** The same while nobody sees the page. */
const DRAW_HIDDEN_EVERY_MS = 250;

/** The feed bound to the ladder's store and to the tab's session. `leaseLost` asks for the SIM anew. */
export function startLiveFeed(leaseLost: () => void): FeedClient {
  const drawEveryMs = () => (document.hidden ? DRAW_HIDDEN_EVERY_MS : DRAW_EVERY_MS);
  const events = gather(steadyTimeout, drawEveryMs, addEvents);
  const handler: FeedHandler = {
    connected: (connected) => trace.setState({ connected }),
    reset() {
      events.drop();
      resetTrace();
    },
    events: events.add,
    state: (lab) => trace.setState({ lab }),
    simTaken: simMoved,
    leaseLost,
  };
  const feed = new FeedClient({
    open: openSocket,
    after: steadyTimeout,
    handler,
  });
  const follow = () => {
    const { lease, sim } = session.getState();
    feed.setLease(lease === null || sim === null ? null : { lease, imsi: sim.imsi });
  };
  follow();
  session.subscribe(follow);
  feed.start();
  return feed;
}

/** A WebSocket of the page's own origin. */
function openSocket(path: string): FeedSocket {
  const ws = new WebSocket(new URL(path, location.href.replace(/^http/, 'ws')));
  const socket: FeedSocket = { onmessage: null, onclose: null, close: () => ws.close() };
  ws.onmessage = (message) => socket.onmessage?.(message);
  ws.onclose = () => socket.onclose?.();
  return socket;
}
