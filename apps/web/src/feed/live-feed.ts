import { addEvents, resetTrace, trace } from '../ladder/trace-store.ts';
import { session, simMoved } from '../ue/session.ts';
import { FeedClient, type FeedHandler, type FeedSocket } from './feed.ts';
import { steadyTimeout } from './steady-timer.ts';

/** The feed bound to the ladder's store and to the tab's session. `leaseLost` asks for the SIM anew. */
export function startLiveFeed(leaseLost: () => void): FeedClient {
  const handler: FeedHandler = {
    connected: (connected) => trace.setState({ connected }),
    reset: resetTrace,
    events: addEvents,
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
