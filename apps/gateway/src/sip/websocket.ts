import { isUtf8 } from 'node:buffer';
import { type SipHop, SipTransportError, type SipTransportHandler } from '@imslab/ims-core/ports/sip-transport';
import { MAX_MESSAGE_OCTETS } from '@imslab/ims-core/protocols/sip/parse';
import type { RawData, WebSocket } from 'ws';
import { MAX_QUEUED_OCTETS, SocketFlow } from './socket-flow.ts';

export interface WebSocketLimits {
  readonly maxConnections: number;
  /** A ping goes out this often; the connection whose pong did not come by the next one is closed. In milliseconds. */
  readonly pingIntervalMs: number;
  /** How long a peer may take to finish the closing handshake, in milliseconds. */
  readonly closeGraceMs: number;
}

export const defaultWebSocketLimits: WebSocketLimits = {
  maxConnections: 4_096,
  pingIntervalMs: 10_000,
  closeGraceMs: 1_000,
};

/** Close codes of RFC 6455 §7.4.1. */
const NORMAL = 1000;
const GOING_AWAY = 1001;
const MESSAGE_TOO_BIG = 1009;
const TRY_AGAIN_LATER = 1013;

/** The two ends of an upgraded socket. `secure` when TLS carries it: then the Via says WSS. */
export interface WebSocketEnds {
  readonly local: { readonly host: string; readonly port: number };
  readonly remote: { readonly host: string; readonly port: number };
  readonly secure: boolean;
}

/** All SIP WebSockets of a box. They come already upgraded, with subprotocol `sip`. @see RFC 7118 */
export class WebSocketConnections {
  readonly #handler: SipTransportHandler;
  readonly #limits: WebSocketLimits;
  readonly #flows = new Map<string, WebSocketFlow>();
  #closed = false;

  constructor(handler: SipTransportHandler, limits: WebSocketLimits) {
    this.#handler = handler;
    this.#limits = limits;
  }

  /** Takes an upgraded socket over. Throws a SipTransportError, and closes the socket, when there are too many. */
  accept(socket: WebSocket, ends: WebSocketEnds): SocketFlow {
    if (this.#closed || this.#flows.size >= this.#limits.maxConnections) {
      socket.on('error', () => {});
      socket.close(this.#closed ? GOING_AWAY : TRY_AGAIN_LATER);
      throw this.#closed
        ? new SipTransportError('SIP_TRANSPORT_CLOSED', 'the box closes')
        : new SipTransportError('SIP_TOO_MANY_CONNECTIONS', 'the box has all the WebSockets it may have');
    }
    const transport = ends.secure ? 'WSS' : 'WS';
    const local: SipHop = { transport, ...ends.local };
    const flow = new WebSocketFlow(socket, local, { transport, ...ends.remote }, this.#handler, this.#limits);
    this.#flows.set(flow.id, flow);
    flow.onClose(() => this.#flows.delete(flow.id));
    return flow;
  }

  flowById(id: string): SocketFlow | undefined {
    return this.#flows.get(id);
  }

  /** An open WebSocket from this address, if any: nobody can be connected to. */
  flowTo(hop: SipHop): SocketFlow | undefined {
    return [...this.#flows.values()].find(({ remote }) => remote.host === hop.host && remote.port === hop.port);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#flows.values()].map((flow) => flow.goAway()));
  }
}

class WebSocketFlow extends SocketFlow {
  readonly #socket: WebSocket;
  readonly #handler: SipTransportHandler;
  readonly #limits: WebSocketLimits;
  readonly #pings: NodeJS.Timeout;
  #peerSendsBinary = false;
  #pongDue = false;

  constructor(socket: WebSocket, local: SipHop, remote: SipHop, handler: SipTransportHandler, limits: WebSocketLimits) {
    super(local, remote);
    this.#socket = socket;
    this.#handler = handler;
    this.#limits = limits;
    this.#pings = setInterval(() => this.#ping(), limits.pingIntervalMs);
    socket.on('message', (data, isBinary) => this.#take(octetsOf(data), isBinary));
    socket.on('pong', () => {
      this.#pongDue = false;
    });
    // An error is always followed by close.
    socket.on('error', () => {});
    socket.on('close', () => this.gone());
  }

  /** In kind: text to a peer that sends text, unless the octets are no UTF-8, which a text frame may not carry. */
  send(message: Uint8Array): boolean {
    if (this.closed || this.#socket.readyState !== this.#socket.OPEN) return false;
    if (this.#socket.bufferedAmount > MAX_QUEUED_OCTETS) return false;
    this.#socket.send(message, { binary: this.#peerSendsBinary || !isUtf8(message) });
    return true;
  }

  close(): void {
    this.#end(NORMAL);
  }

  /** Closes because the box closes; resolves when the peer has agreed, or has had its time. */
  async goAway(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    const late = setTimeout(() => this.#socket.terminate(), this.#limits.closeGraceMs);
    this.#end(GOING_AWAY);
    await closed;
    clearTimeout(late);
  }

  protected override gone(): void {
    clearInterval(this.#pings);
    super.gone();
  }

  #end(code: number): void {
    this.#socket.close(code);
    this.gone();
  }

  #ping(): void {
    if (this.#pongDue) {
      this.#socket.terminate();
      this.gone();
      return;
    }
    this.#pongDue = true;
    this.#socket.ping();
  }

  #take(bytes: Uint8Array, isBinary: boolean): void {
    if (this.closed) return;
    this.#peerSendsBinary = isBinary;
    if (bytes.length > MAX_MESSAGE_OCTETS) {
      this.#end(MESSAGE_TOO_BIG);
    } else if (!bytes.every((octet) => octet === CR || octet === LF)) {
      this.#handler.message(this, bytes);
    } else if (bytes.length >= PING_OCTETS) {
      this.send(PONG);
    }
  }
}

const CR = 0x0d;
const LF = 0x0a;
/** CRLFCRLF is a ping, CRLF its pong. @see RFC 7118 §6, RFC 5626 §3.5.1 */
const PING_OCTETS = 4;
const PONG = new TextEncoder().encode('\r\n');

function octetsOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
