import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type SipHop, SipTransportError, type SipTransportHandler } from '@imslab/ims-core/ports/sip-transport';
import { SipStreamFramer } from '@imslab/ims-core/protocols/sip/framer';
import { ByAddress } from './by-address.ts';
import { listenError } from './listen-error.ts';
import { hopText, MAX_QUEUED_OCTETS, plainAddress, SocketFlow } from './socket-flow.ts';

export interface TcpLimits {
  readonly maxConnections: number;
  /** How long a peer may take to accept a connection, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** An accepted connection that brought no whole message yet is closed after this much silence, in milliseconds. */
  readonly firstMessageMs: number;
  /** Any other is closed after this much silence; longer than the longest registration (3600 s), in milliseconds. */
  readonly idleMs: number;
}

export const defaultTcpLimits: TcpLimits = {
  maxConnections: 4_096,
  connectTimeoutMs: 4_000,
  firstMessageMs: 30_000,
  idleMs: 3_900_000,
};

/** All TCP connections of a box, those it accepted and those it opened. @see RFC 3261 §18 */
export class TcpConnections {
  readonly #box: string;
  readonly #handler: SipTransportHandler;
  readonly #limits: TcpLimits;
  readonly #servers: Server[] = [];
  readonly #flows = new Map<string, TcpFlow>();
  readonly #byHop = new ByAddress<TcpFlow>();
  readonly #connecting = new Map<string, Promise<TcpFlow>>();
  #closed = false;

  /** @param box for errors: which box wants an address. */
  constructor(box: string, handler: SipTransportHandler, limits: TcpLimits) {
    this.#box = box;
    this.#handler = handler;
    this.#limits = limits;
  }

  /** Listens; rejects with a SipTransportError. Resolves with the address, where port 0 became a free one. */
  async listen(hop: SipHop): Promise<SipHop> {
    const server = createServer((socket) => this.#accept(socket));
    try {
      server.listen(hop.port, hop.host);
      await once(server, 'listening');
    } catch (error) {
      throw listenError(error, hop, this.#box);
    }
    // A failed accept (no descriptor left) hits one peer; the server goes on.
    server.on('error', () => {});
    this.#servers.push(server);
    const address = server.address();
    return { ...hop, port: typeof address === 'object' && address !== null ? address.port : hop.port };
  }

  openFlow({ host, port }: SipHop): TcpFlow | undefined {
    const flow = this.#byHop.get(host, port);
    return flow?.closed === false ? flow : undefined;
  }

  /** The open connection to a hop, or a new one. @param localHost the box's own address there. */
  flowTo(hop: SipHop, localHost: string | undefined): Promise<TcpFlow> {
    const open = this.openFlow(hop);
    if (open !== undefined) return Promise.resolve(open);
    const key = hopText(hop).toLowerCase();
    const pending = this.#connecting.get(key);
    if (pending !== undefined) return pending;
    const connecting = this.#connect(hop, localHost).finally(() => this.#connecting.delete(key));
    this.#connecting.set(key, connecting);
    return connecting;
  }

  flowById(id: string): TcpFlow | undefined {
    return this.#flows.get(id);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const listening = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const flow of [...this.#flows.values()]) flow.close();
    await Promise.all([...listening, ...[...this.#connecting.values()].map((each) => each.catch(() => undefined))]);
  }

  #accept(socket: Socket): void {
    if (this.#closed || this.#flows.size >= this.#limits.maxConnections) {
      socket.destroy();
      return;
    }
    const remote: SipHop = { transport: 'TCP', host: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0 };
    this.#adopt(socket, remote, this.#limits.firstMessageMs);
  }

  async #connect(hop: SipHop, localHost: string | undefined): Promise<TcpFlow> {
    if (this.#closed) throw new SipTransportError('SIP_TRANSPORT_CLOSED', `${this.#box} closes`, hop);
    if (this.#flows.size + this.#connecting.size >= this.#limits.maxConnections) {
      throw new SipTransportError('SIP_TOO_MANY_CONNECTIONS', `${this.#box} has all the connections it may have`, hop);
    }
    const from = localHost !== undefined && isLoopback(localHost) === isLoopback(hop.host) ? localHost : undefined;
    const socket = connect({ host: hop.host, port: hop.port, ...(from === undefined ? {} : { localAddress: from }) });
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(this.#limits.connectTimeoutMs) });
    } catch (error) {
      socket.on('error', () => {});
      socket.destroy();
      const timedOut = error instanceof Error && error.name === 'AbortError';
      throw timedOut
        ? new SipTransportError('SIP_CONNECT_TIMEOUT', `${hopText(hop)} does not answer`, hop)
        : new SipTransportError('SIP_CONNECT_REFUSED', `${hopText(hop)} refuses the connection`, hop);
    }
    if (this.#closed) {
      socket.destroy();
      throw new SipTransportError('SIP_TRANSPORT_CLOSED', `${this.#box} closes`, hop);
    }
    return this.#adopt(socket, hop, this.#limits.idleMs);
  }

  /** @param silenceMs how long the peer may wait with its first message, in milliseconds. */
  #adopt(socket: Socket, remote: SipHop, silenceMs: number): TcpFlow {
    socket.setTimeout(silenceMs);
    const local: SipHop = {
      transport: 'TCP',
      host: plainAddress(socket.localAddress),
      port: socket.localPort ?? 0,
    };
    const flow = new TcpFlow(socket, local, remote, this.#handler, this.#limits);
    this.#flows.set(flow.id, flow);
    this.#byHop.set(remote.host, remote.port, flow);
    flow.onClose(() => {
      this.#flows.delete(flow.id);
      this.#byHop.delete(remote.host, remote.port, flow);
    });
    return flow;
  }
}

class TcpFlow extends SocketFlow {
  readonly #socket: Socket;
  readonly #framer = new SipStreamFramer();
  readonly #handler: SipTransportHandler;
  readonly #limits: TcpLimits;
  /** True once a whole message came. */
  #heard = false;

  constructor(socket: Socket, local: SipHop, remote: SipHop, handler: SipTransportHandler, limits: TcpLimits) {
    super(local, remote);
    this.#socket = socket;
    this.#handler = handler;
    this.#limits = limits;
    socket.setNoDelay(true);
    socket.on('timeout', () => this.close());
    socket.on('data', (chunk) => this.#take(chunk));
    // An error is always followed by close.
    socket.on('error', () => {});
    socket.on('end', () => this.gone());
    socket.on('close', () => this.gone());
  }

  send(message: Uint8Array): boolean {
    if (this.closed || !this.#socket.writable || this.#socket.writableLength > MAX_QUEUED_OCTETS) return false;
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      setImmediate(this.#uncork);
    }
    this.#socket.write(message);
    return true;
  }

  /** What was queued still goes out. */
  close(): void {
    this.#socket.destroySoon();
    this.gone();
  }

  /** What was sent in one turn of the event loop goes out in one write. */
  readonly #uncork = (): void => this.#socket.uncork();

  #take(chunk: Uint8Array): void {
    if (this.closed) return;
    for (const event of this.#framer.push(chunk)) {
      if (event.kind === 'message') {
        if (!this.#heard) this.#socket.setTimeout(this.#limits.idleMs);
        this.#heard = true;
        this.#handler.message(this, event.bytes);
      } else if (event.kind === 'keep-alive') {
        this.send(CRLF);
      } else {
        // The node answers what can be answered of the broken message; where the next one begins is lost (RFC 3261 §18.3).
        if (event.head !== undefined) this.#handler.message(this, event.head);
        this.close();
      }
      if (this.closed) return;
    }
  }
}

const CRLF = new TextEncoder().encode('\r\n');

function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1';
}
