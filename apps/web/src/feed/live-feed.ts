import { addEvents, resetTrace, trace } from '../ladder/trace-store.ts';
import { session, simMoved } from '../ue/session.ts';
import { FeedClient, type FeedHandler } from './feed.ts';
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
    open: (path) => new WebSocket(new URL(path, location.href.replace(/^http/, 'ws'))),
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
