import type { FeedMessage, LabState } from '@imslab/ims-core/api/lab-api';
import type { TraceHistory } from '@imslab/ims-core/trace/history';
import type { WebSocket } from 'ws';
import { LEASE_PROBE_MS, type SimLeases } from './sim-leases.ts';

/** Pages that may watch at once. */
export const MAX_FEED_SOCKETS = 200;
/** Octets that may wait in a socket before the page counts as stuck and is cut; it comes back and resumes. */
export const MAX_FEED_QUEUE_OCTETS = 16 * 1_024 * 1_024;
/** Events in one frame. */
const EVENTS_PER_FRAME = 200;
/** How often a page is asked whether it is there. */
const PING_INTERVAL_MS = 10_000;

interface FeedDeps {
  readonly history: TraceHistory;
  readonly leases: SimLeases;
  readonly newEpoch: () => string;
  readonly state: () => LabState;
}

export interface FeedQuery {
  readonly after: number;
  readonly epoch: string;
  readonly lease: string;
  readonly imsi: string;
}

/** The live feed of trace events: every page gets each event once and in order, also over breaks of its connection. */
export class TraceFeed {
  readonly #deps: FeedDeps;
  readonly #sockets = new Set<FeedSocket>();
  /** Those that have every event up to `#sent`. */
  readonly #live = new Set<FeedSocket>();
  #epoch: string;
  readonly #unsubscribe: () => void;
  #sent: number;
  #flushing: NodeJS.Immediate | undefined;

  constructor(deps: FeedDeps) {
    this.#deps = deps;
    this.#epoch = deps.newEpoch();
    this.#sent = deps.history.nextSeq - 1;
    this.#unsubscribe = deps.history.subscribe(() => this.#queue());
  }

  get epoch(): string {
    return this.#epoch;
  }

  accept(ws: WebSocket, query: FeedQuery): void {
    if (this.#sockets.size >= MAX_FEED_SOCKETS) {
      ws.close(1013, 'too many pages watch');
      return;
    }
    const { history, leases, state } = this.#deps;
    const socket = new FeedSocket(ws);
    this.#sockets.add(socket);
    const [first] = history.after(query.epoch === this.#epoch ? query.after : 0, 1);
    const from = first?.seq ?? history.nextSeq;
    socket.send({ type: 'hello', epoch: this.#epoch, from, state: state() });
    this.#catchUp(socket, from - 1);
    let released: (() => void) | undefined;
    let closed = false;
    ws.on('close', () => {
      closed = true;
      socket.stop();
      this.#sockets.delete(socket);
      this.#live.delete(socket);
      released?.();
    });
    if (query.lease === '') return;
    void leases.hold(query.lease, query.imsi, socket).then((release) => {
      released = release;
      if (release === undefined) socket.send({ type: 'lease-lost' });
      else if (closed) release();
    });
  }

  /** Sends the boxes' live words to every page. */
  sendState(): void {
    if (this.#sockets.size === 0) return;
    const message: FeedMessage = { type: 'state', state: this.#deps.state() };
    for (const socket of this.#sockets) socket.send(message);
  }

  /** Forgets the history; every page starts anew. */
  clear(): void {
    this.#flush();
    this.#deps.history.clear();
    this.#epoch = this.#deps.newEpoch();
    for (const socket of this.#sockets) {
      socket.send({ type: 'cleared', epoch: this.#epoch, from: this.#deps.history.nextSeq });
    }
  }

  close(): void {
    this.#unsubscribe();
    clearImmediate(this.#flushing);
    for (const socket of this.#sockets) socket.close();
  }

  /**
   * Sends a page the history from behind `after` on, a frame whenever the last one has left: neither the boxes nor the page's queue
   * must suffer from a full one. Then the page gets what is new together with the others.
   */
  #catchUp(socket: FeedSocket, after: number): void {
    if (!this.#sockets.has(socket)) return;
    const events = this.#deps.history.after(after, EVENTS_PER_FRAME);
    const last = events.at(-1);
    if (last === undefined) {
      this.#flush();
      this.#live.add(socket);
    } else {
      socket.send({ type: 'events', events }, () => this.#catchUp(socket, last.seq));
    }
  }

  /** Events of one turn of the event loop go out in one frame; they are made only where a page watches. */
  #queue(): void {
    if (this.#live.size === 0) return;
    this.#flushing ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    const { history } = this.#deps;
    const sent = this.#sent;
    this.#sent = history.nextSeq - 1;
    if (this.#live.size === 0 || sent === this.#sent) return;
    const text = JSON.stringify({ type: 'events', events: history.after(sent) } satisfies FeedMessage);
    for (const socket of this.#live) socket.sendText(text);
  }
}

class FeedSocket {
  readonly #ws: WebSocket;
  readonly #pings: NodeJS.Timeout;
  #answered = true;

  constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on('error', () => ws.terminate());
    ws.on('pong', () => {
      this.#answered = true;
    });
    this.#pings = setInterval(() => {
      if (!this.#answered) ws.terminate();
      this.#answered = false;
      ws.ping();
    }, PING_INTERVAL_MS);
  }

  /** @param left called when the message has left, never when it can not. */
  send(message: FeedMessage, left: () => void = () => {}): void {
    this.sendText(JSON.stringify(message), left);
  }

  sendText(text: string, left: () => void = () => {}): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    if (this.#ws.bufferedAmount > MAX_FEED_QUEUE_OCTETS) this.#ws.terminate();
    else this.#ws.send(text, (error) => (error instanceof Error ? undefined : left()));
  }

  alive(): Promise<boolean> {
    return new Promise((answer) => {
      const timer = setTimeout(() => done(false), LEASE_PROBE_MS);
      const done = (alive: boolean) => {
        clearTimeout(timer);
        this.#ws.off('pong', onPong);
        this.#ws.off('close', onClose);
        answer(alive);
      };
      const onPong = () => done(true);
      const onClose = () => done(false);
      this.#ws.on('pong', onPong);
      this.#ws.on('close', onClose);
      if (this.#ws.readyState === this.#ws.OPEN) this.#ws.ping();
      else done(false);
    });
  }

  taken(): void {
    this.send({ type: 'sim-taken' });
  }

  stop(): void {
    clearInterval(this.#pings);
  }

  close(): void {
    this.stop();
    this.#ws.close(1001, 'the lab closes');
  }
}
