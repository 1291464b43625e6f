import type { Socket } from 'node:net';
import { DiameterFramer } from './framer.ts';
import { MAX_WRITE_QUEUE_OCTETS } from './limits.ts';

export interface ConnectionEvents {
  onConnected(): void;
  /** One whole message. */
  onMessage(octets: Uint8Array): void;
  /** The stream can not be read on; the connection is closed after this. */
  onBroken(text: string): void;
  /** The connection ended, by the other side or by a fault. Not called after `close`. */
  onDisconnected(reason: string): void;
}

/** One TCP connection that carries whole Diameter messages, and reads no faster than its answers can leave. */
export class DiameterConnection {
  readonly #socket: Socket;
  readonly #framer = new DiameterFramer();
  #open = true;

  constructor(socket: Socket, events: ConnectionEvents) {
    this.#socket = socket;
    let reason = 'closed by the peer';
    socket.setNoDelay(true);
    socket.on('connect', () => this.#open && events.onConnected());
    socket.on('data', (segment: Uint8Array) => this.#read(segment, events));
    socket.on('drain', () => socket.resume());
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => {
      if (!this.#open) return;
      this.#open = false;
      events.onDisconnected(reason);
    });
  }

  /** `host:port` of the other end. */
  get remoteAddress(): string {
    return `${this.#socket.remoteAddress ?? ''}:${this.#socket.remotePort ?? 0}`;
  }

  /** `host:port` of this end. */
  get localAddress(): string {
    return `${this.#socket.localAddress ?? ''}:${this.#socket.localPort ?? 0}`;
  }

  get localHost(): string {
    return this.#socket.localAddress ?? '127.0.0.1';
  }

  /** True when so much waits to be written that nothing should be added. */
  get congested(): boolean {
    return this.#socket.writableLength > MAX_WRITE_QUEUE_OCTETS;
  }

  /** Writes one message; nothing happens after the end. */
  send(octets: Uint8Array): void {
    if (!this.#open) return;
    this.#socket.write(octets);
    if (this.congested) this.#socket.pause();
  }

  /** Ends the connection after what was written has left. */
  close(): void {
    this.#open = false;
    this.#socket.destroySoon();
  }

  #read(segment: Uint8Array, events: ConnectionEvents): void {
    for (const frame of this.#framer.push(segment)) {
      if (!this.#open) return;
      if (frame.kind === 'message') {
        events.onMessage(frame.octets);
      } else {
        this.close();
        events.onBroken(frame.text);
        events.onDisconnected(frame.text);
      }
    }
  }
}
