import {
  type SipFlow,
  type SipHop,
  type SipTransport,
  SipTransportError,
  type SipTransportHandler,
} from '@imslab/ims-core/ports/sip-transport';
import type { WebSocket } from 'ws';
import { hopText } from './socket-flow.ts';
import { defaultTcpLimits, TcpConnections, type TcpLimits } from './tcp.ts';
import { UdpSocket } from './udp.ts';
import { defaultWebSocketLimits, WebSocketConnections, type WebSocketEnds, type WebSocketLimits } from './websocket.ts';

export interface NodeSipTransportOptions {
  /** Name of the box as people read it; stands in errors: `P-CSCF wants TCP 127.0.0.1:5060, but ...`. */
  readonly box: string;
  /** UDP and TCP addresses. Port 0 takes a free one; `listening` tells which. */
  readonly listen: readonly SipHop[];
  readonly tcp?: Partial<TcpLimits>;
  readonly webSocket?: Partial<WebSocketLimits>;
}

/** The sockets of one box: UDP and TCP on its own addresses, connections to others, and WebSockets handed over by the HTTP server. */
export class NodeSipTransport implements SipTransport {
  readonly #options: NodeSipTransportOptions;
  readonly #udp: UdpSocket[] = [];
  #tcp: TcpConnections | undefined;
  #webSockets: WebSocketConnections | undefined;
  #listening: readonly SipHop[];
  #closed = false;

  constructor(options: NodeSipTransportOptions) {
    this.#options = options;
    this.#listening = options.listen;
  }

  get listening(): readonly SipHop[] {
    return this.#listening;
  }

  /** Rejects with a SipTransportError that names address and box; what was opened before is closed again. */
  async start(handler: SipTransportHandler): Promise<void> {
    const { box, listen, tcp, webSocket } = this.#options;
    this.#tcp = new TcpConnections(box, handler, { ...defaultTcpLimits, ...tcp });
    this.#webSockets = new WebSocketConnections(handler, { ...defaultWebSocketLimits, ...webSocket });
    const open: SipHop[] = [];
    try {
      for (const hop of listen) open.push(await this.#listen(hop, handler, this.#tcp));
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#listening = open;
  }

  openFlow(hop: SipHop): SipFlow | undefined {
    if (this.#closed) return undefined;
    if (hop.transport === 'TCP') return this.#tcp?.openFlow(hop);
    return hop.transport === 'UDP' ? this.#udpFlow(hop) : this.#webSockets?.flowTo(hop);
  }

  async flowTo(hop: SipHop): Promise<SipFlow> {
    if (this.#closed) throw new SipTransportError('SIP_TRANSPORT_CLOSED', `${this.#options.box} closes`, hop);
    if (hop.transport === 'TCP' && this.#tcp !== undefined) return this.#tcp.flowTo(hop, this.#ownAddress(hop));
    if (hop.transport === 'UDP') {
      const flow = this.#udpFlow(hop);
      if (flow !== undefined) return flow;
      throw new SipTransportError('SIP_NO_LISTENER', `${this.#options.box} has no UDP address to send from`, hop);
    }
    const flow = this.#webSockets?.flowTo(hop);
    if (flow !== undefined) return flow;
    throw new SipTransportError('SIP_NO_LISTENER', `${hopText(hop)} has no open WebSocket`, hop);
  }

  flowById(id: string): SipFlow | undefined {
    const connected = this.#webSockets?.flowById(id) ?? this.#tcp?.flowById(id);
    if (connected !== undefined) return connected;
    for (const socket of this.#udp) {
      const flow = socket.flowById(id);
      if (flow !== undefined) return flow;
    }
    return undefined;
  }

  /**
   * Takes over a WebSocket that the HTTP server upgraded after it checked Host, Origin and the subprotocol `sip`.
   * Throws a SipTransportError when the box is closed or full; the socket is closed then.
   */
  acceptWebSocket(socket: WebSocket, ends: WebSocketEnds): SipFlow {
    if (this.#webSockets === undefined) {
      socket.terminate();
      throw new SipTransportError('SIP_TRANSPORT_CLOSED', `${this.#options.box} has not started`);
    }
    return this.#webSockets.accept(socket, ends);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([this.#webSockets?.close(), this.#tcp?.close(), ...this.#udp.map((socket) => socket.close())]);
  }

  async #listen(hop: SipHop, handler: SipTransportHandler, tcp: TcpConnections): Promise<SipHop> {
    const { box } = this.#options;
    if (hop.transport === 'TCP') return tcp.listen(hop);
    if (hop.transport !== 'UDP') {
      throw new SipTransportError('SIP_LISTEN_FAILED', `${box}: WebSockets come through the HTTP server`, hop);
    }
    const socket = await UdpSocket.bind(hop, handler, box);
    this.#udp.push(socket);
    return socket.local;
  }

  #udpFlow(hop: SipHop): SipFlow | undefined {
    const isIpv6 = hop.host.includes(':');
    for (const socket of this.#udp) if (socket.local.host.includes(':') === isIpv6) return socket.flowTo(hop);
    return undefined;
  }

  /** The own address from which connections to a hop come, so that its Via and its source agree. */
  #ownAddress(hop: SipHop): string | undefined {
    const wildcard = new Set(['0.0.0.0', '::']);
    return this.#listening.find(
      ({ transport, host }) =>
        transport === 'TCP' && !wildcard.has(host) && host.includes(':') === hop.host.includes(':'),
    )?.host;
  }
}
