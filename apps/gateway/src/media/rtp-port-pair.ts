import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { CorePorts } from './core-ports.ts';

/** Where the peer of a stream is, as an IP address; RTCP goes to the port above. */
export interface RtpPeer {
  readonly address: string;
  readonly port: number;
}

const HIGHEST_PORT = 65_535;
/** Ports that others use are passed by; after so many in a row there is none. */
const MAX_TRIES = 50;

/** An RTP port and the RTCP port above it. @see RFC 3550 §11 */
export class RtpPortPair {
  readonly port: number;
  /** Called for each packet that came from the peer's RTP port. */
  onPacket: (octets: Uint8Array) => void = () => {};
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  readonly #released: () => void;
  #peer: RtpPeer | undefined;

  private constructor(port: number, rtp: Socket, rtcp: Socket, released: () => void) {
    this.port = port;
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.#released = released;
    // A peer that is gone answers with ICMP; what else goes wrong with a datagram is a lost packet too.
    rtp.on('error', () => {});
    rtcp.on('error', () => {});
    rtp.on('message', (octets, from) => {
      if (this.#isPeer(from)) this.onPacket(octets);
    });
  }

  /** Binds the next free pair of the range; undefined when there is none. */
  static async open(address: string, ports: CorePorts<object>): Promise<RtpPortPair | undefined> {
    const passedBy: number[] = [];
    try {
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const port = ports.take({});
        if (port === undefined) return undefined;
        const sockets = await bindPair(address, port);
        if (sockets) return new RtpPortPair(port, sockets.rtp, sockets.rtcp, () => ports.release(port));
        passedBy.push(port);
      }
      return undefined;
    } finally {
      for (const port of passedBy) ports.release(port);
    }
  }

  /** Packets go there from now on, and are taken from there only. */
  connect(peer: RtpPeer): void {
    this.#peer = peer;
  }

  send(octets: Uint8Array): void {
    if (this.#peer) this.#rtp.send(octets, this.#peer.port, this.#peer.address);
  }

  /** Resolves when it has left, or is lost. */
  sendRtcp(octets: Uint8Array): Promise<void> {
    const peer = this.#peer;
    if (!peer || peer.port >= HIGHEST_PORT) return Promise.resolve();
    return new Promise((resolve) => this.#rtcp.send(octets, peer.port + 1, peer.address, () => resolve()));
  }

  async close(): Promise<void> {
    this.onPacket = () => {};
    await Promise.all([this.#rtp, this.#rtcp].map(closed));
    this.#released();
  }

  #isPeer({ address, port }: RemoteInfo): boolean {
    return this.#peer !== undefined && this.#peer.address === address && this.#peer.port === port;
  }
}

async function bindPair(address: string, port: number): Promise<{ rtp: Socket; rtcp: Socket } | undefined> {
  const rtp = await bind(address, port);
  const rtcp = rtp && (await bind(address, port + 1));
  if (rtp && !rtcp) await closed(rtp);
  return rtp && rtcp && { rtp, rtcp };
}

function bind(address: string, port: number): Promise<Socket | undefined> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(undefined);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
