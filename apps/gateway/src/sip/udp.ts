import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { SipHop, SipTransportHandler } from '@imslab/ims-core/ports/sip-transport';
import { ByAddress } from './by-address.ts';
import { listenError } from './listen-error.ts';
import { MAX_QUEUED_OCTETS, plainAddress, SocketFlow } from './socket-flow.ts';

/** The largest payload of an IPv4 datagram. */
const MAX_DATAGRAM_OCTETS = 65_507;
/** Pairs of addresses that are remembered; the oldest goes first, and comes back when it is used again. */
const MAX_UDP_FLOWS = 10_000;

/**
 * One UDP address of a box: one datagram is one message.
 * Deviation: a request over 1300 octets is not moved to TCP (RFC 3261 §18.1.1); between the boxes TCP is the first choice anyway.
 * @see RFC 3261 §18
 */
export class UdpSocket {
  readonly #socket: Socket;
  /** By id, the oldest first. */
  readonly #flows = new Map<string, UdpFlow>();
  readonly #byRemote = new ByAddress<UdpFlow>();
  #local: SipHop;

  private constructor(hop: SipHop) {
    this.#local = hop;
    this.#socket = createSocket({ type: hop.host.includes(':') ? 'udp6' : 'udp4', lookup: isAddress });
  }

  /** Binds; rejects with a SipTransportError. Port 0 takes a free one. @param box for the error: which box wants the address. */
  static async bind(hop: SipHop, handler: SipTransportHandler, box: string): Promise<UdpSocket> {
    const udp = new UdpSocket(hop);
    try {
      const listening = once(udp.#socket, 'listening');
      udp.#socket.bind(hop.port, hop.host);
      await listening;
    } catch (error) {
      throw listenError(error, hop, box);
    }
    udp.#local = { ...hop, port: udp.#socket.address().port };
    // An error of one datagram (no route, too large) concerns nobody else; the transaction's timers tell its sender.
    udp.#socket.on('error', () => {});
    udp.#socket.on('message', (bytes, { address, port }) => {
      if (isStun(bytes)) return;
      const flow = udp.#flow(plainAddress(address), port);
      if (!isKeepAlive(bytes)) handler.message(flow, bytes);
      else if (bytes.length > 2) flow.send(CRLF);
    });
    return udp;
  }

  get local(): SipHop {
    return this.#local;
  }

  flowTo(remote: SipHop): UdpFlow {
    return this.#flow(remote.host, remote.port);
  }

  flowById(id: string): UdpFlow | undefined {
    return this.#flows.get(id);
  }

  async close(): Promise<void> {
    for (const flow of [...this.#flows.values()]) flow.close();
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  #flow(host: string, port: number): UdpFlow {
    const known = this.#byRemote.get(host, port);
    if (known !== undefined) return known;
    if (this.#flows.size >= MAX_UDP_FLOWS) {
      const oldest = this.#flows.values().next();
      if (!oldest.done) this.#forget(oldest.value);
    }
    const remote: SipHop = { transport: 'UDP', host, port };
    const flow = new UdpFlow(this.#socket, this.#local, remote, () => this.#forget(flow));
    this.#flows.set(flow.id, flow);
    this.#byRemote.set(host, port, flow);
    return flow;
  }

  #forget(flow: UdpFlow): void {
    this.#flows.delete(flow.id);
    this.#byRemote.delete(flow.remote.host, flow.remote.port, flow);
  }
}

type Found = (error: null, address: string, family: number) => void;

/** A hop is an address already: there is no name to look up. */
function isAddress(address: string, _options: object | number, found: Found): void {
  found(null, address, address.includes(':') ? 6 : 4);
}

class UdpFlow extends SocketFlow {
  readonly #socket: Socket;
  readonly #forget: () => void;

  constructor(socket: Socket, local: SipHop, remote: SipHop, forget: () => void) {
    super(local, remote);
    this.#socket = socket;
    this.#forget = forget;
  }

  send(message: Uint8Array): boolean {
    if (this.closed || message.length > MAX_DATAGRAM_OCTETS) return false;
    if (this.#socket.getSendQueueSize() > MAX_QUEUED_OCTETS) return false;
    this.#socket.send(message, this.remote.port, this.remote.host);
    return true;
  }

  close(): void {
    this.#forget();
    this.gone();
  }
}

const CRLF = new TextEncoder().encode('\r\n');

/** Nothing but line ends: a ping (two of them) or a pong. @see RFC 5626 §3.5 */
function isKeepAlive(bytes: Uint8Array): boolean {
  for (const octet of bytes) if (octet !== 0x0d && octet !== 0x0a) return false;
  return true;
}

const STUN_HEADER_OCTETS = 20;
const STUN_MAGIC_COOKIE = 0x21_12_a4_42;

/** A STUN message, with which some phones keep their NAT binding open: no SIP, and no fault either. @see RFC 5626 §3.5.2, RFC 8489 §5 */
function isStun(bytes: Uint8Array): boolean {
  if (bytes.length < STUN_HEADER_OCTETS || (bytes[0] ?? 0) > 3) return false;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(4) === STUN_MAGIC_COOKIE;
}
