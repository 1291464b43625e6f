import type { FeedMessage, LabState } from '@imslab/ims-core/api/lab-api';
import type { TraceEvent } from '@imslab/ims-core/trace/event';

/** Waits before the next try to reconnect, milliseconds; the last one repeats. */
export const RECONNECT_DELAYS_MS = [200, 500, 1_000, 2_000, 4_000];

/** The part of a WebSocket that the feed uses. */
export interface FeedSocket {
  onmessage: ((message: { readonly data: unknown }) => void) | null;
  onclose: (() => void) | null;
  close(): void;
}

export interface FeedHandler {
  /** The connection stands, or was lost. */
  connected(up: boolean): void;
  /** A new history begins: what was shown is gone. */
  reset(): void;
  /** Further events, each once and in the order of their numbers. */
  events(events: readonly TraceEvent[]): void;
  state(state: LabState): void;
  simTaken(): void;
  leaseLost(): void;
}

export interface FeedLease {
  readonly lease: string;
  readonly imsi: string;
}

interface FeedDeps {
  readonly open: (path: string) => FeedSocket;
  /** Calls back after a delay; returns how to stop. */
  readonly after: (delayMs: number, fire: () => void) => () => void;
  readonly handler: FeedHandler;
}

/**
 * The page's end of the live feed. It resumes after a break at the number it had, so no event is lost and none comes twice,
 * and it carries the tab's lease, so that the gateway sees that the tab lives.
 */
export class FeedClient {
  readonly #deps: FeedDeps;
  #socket: FeedSocket | undefined;
  #stopWaiting: (() => void) | undefined;
  #failures = 0;
  #epoch = '';
  #last = 0;
  #lease: FeedLease | null = null;
  #closed = true;

  constructor(deps: FeedDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#closed = false;
    this.#connect();
  }

  /** The tab got a SIM, or lost it: the connection is made anew with it. */
  setLease(lease: FeedLease | null): void {
    if (lease?.lease === this.#lease?.lease) return;
    this.#lease = lease;
    if (!this.#closed) this.#connect();
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  #connect(): void {
    this.#drop();
    const query = new URLSearchParams({ epoch: this.#epoch, after: String(this.#last) });
    if (this.#lease !== null) {
      query.set('lease', this.#lease.lease);
      query.set('imsi', this.#lease.imsi);
    }
    const socket = this.#deps.open(`/api/v1/trace/live?${query}`);
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') this.#receive(JSON.parse(data));
    };
    socket.onclose = () => {
      this.#deps.handler.connected(false);
      const delay = RECONNECT_DELAYS_MS[Math.min(this.#failures, RECONNECT_DELAYS_MS.length - 1)] ?? 0;
      this.#failures += 1;
      this.#stopWaiting = this.#deps.after(delay, () => this.#connect());
    };
  }

  #drop(): void {
    this.#stopWaiting?.();
    if (this.#socket === undefined) return;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = undefined;
  }

  #receive(message: FeedMessage): void {
    const { handler } = this.#deps;
    switch (message.type) {
      case 'hello':
        this.#failures = 0;
        if (message.epoch !== this.#epoch) {
          this.#epoch = message.epoch;
          this.#last = message.from - 1;
          handler.reset();
        }
        handler.state(message.state);
        handler.connected(true);
        return;
      case 'events': {
        const fresh = message.events.filter((event) => event.seq > this.#last);
        const newest = fresh.at(-1);
        if (newest === undefined) return;
        this.#last = newest.seq;
        handler.events(fresh);
        return;
      }
      case 'cleared':
        this.#epoch = message.epoch;
        this.#last = message.from - 1;
        handler.reset();
        return;
      case 'state':
        handler.state(message.state);
        return;
      case 'sim-taken':
        handler.simTaken();
        return;
      case 'lease-lost':
        handler.leaseLost();
    }
  }
}
