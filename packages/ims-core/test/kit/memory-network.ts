import type { Clock } from '../../src/ports/clock.ts';
import {
  type SipFlow,
  type SipHop,
  type SipTransport,
  SipTransportError,
  type SipTransportHandler,
  type SipTransportName,
} from '../../src/ports/sip-transport.ts';

/** One message under way between two ends. */
export interface Packet {
  readonly from: SipHop;
  readonly to: SipHop;
  readonly bytes: Uint8Array;
  /** The message as text, for rules that look inside. */
  readonly text: string;
}

/** What the network does with a packet: deliver it once, not at all, or twice. */
export type Fate = 'deliver' | 'drop' | 'duplicate';

/** How long one message takes from end to end, in milliseconds. */
export const NETWORK_DELAY_MS = 1;

/**
 * A network in memory for node tests: UDP, TCP and WebSocket-like flows, delivered through the clock in order.
 *
 * Each box takes `node(...)`. A phone is a node without listening addresses that opens a WebSocket with
 * `flowTo({ transport: 'WS', ... })` towards a box that listens on that hop.
 */
export class MemoryNetwork {
  readonly clock: Clock;
  readonly #nodes = new Map<string, MemoryTransport>();
  #rule: (packet: Packet) => Fate = () => 'deliver';
  #serial = 0;
  #batch: (() => void)[] | undefined;
  /** Everything that was sent, dropped packets included. */
  readonly packets: Packet[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** The sockets of one box. @param host is used as its source address when it listens nowhere. */
  node(listening: readonly SipHop[] = [], host = '127.0.0.1'): SipTransport {
    return new MemoryTransport(this, listening, listening[0]?.host ?? host);
  }

  /** Decides the fate of each packet from now on. Without a rule all are delivered. */
  interfere(rule: (packet: Packet) => Fate): void {
    this.#rule = rule;
  }

  /** Cuts a connection: both ends see it close. */
  cut(flow: SipFlow): void {
    flow.close();
  }

  attach(hop: SipHop, node: MemoryTransport): void {
    if (this.#nodes.has(hopKey(hop))) {
      throw new SipTransportError('SIP_PORT_IN_USE', `${hop.host}:${hop.port} is in use`, hop);
    }
    this.#nodes.set(hopKey(hop), node);
  }

  detach(hop: SipHop): void {
    this.#nodes.delete(hopKey(hop));
  }

  /** What is sent meanwhile arrives in one piece, as messages in one TCP segment do. */
  together(send: () => void): void {
    const batch: (() => void)[] = [];
    this.#batch = batch;
    send();
    this.#batch = undefined;
    this.clock.after(NETWORK_DELAY_MS, () => {
      for (const deliver of batch) deliver();
    });
  }

  at(hop: SipHop): MemoryTransport | undefined {
    return this.#nodes.get(hopKey(hop));
  }

  nextSerial(): number {
    this.#serial += 1;
    return this.#serial;
  }

  carry(from: SipHop, to: SipHop, bytes: Uint8Array, deliver: () => void): void {
    const packet: Packet = { from, to, bytes, text: new TextDecoder().decode(bytes) };
    this.packets.push(packet);
    const fate = this.#rule(packet);
    if (fate === 'drop') return;
    this.#schedule(deliver);
    if (fate === 'duplicate') this.#schedule(deliver);
  }

  #schedule(deliver: () => void): void {
    if (this.#batch === undefined) this.clock.after(NETWORK_DELAY_MS, deliver);
    else this.#batch.push(deliver);
  }
}

class MemoryTransport implements SipTransport {
  readonly listening: readonly SipHop[];
  readonly #network: MemoryNetwork;
  readonly #host: string;
  readonly #flows = new Map<string, MemoryFlow>();
  #handler: SipTransportHandler | undefined;

  constructor(network: MemoryNetwork, listening: readonly SipHop[], host: string) {
    this.#network = network;
    this.listening = listening;
    this.#host = host;
  }

  async start(handler: SipTransportHandler): Promise<void> {
    this.#handler = handler;
    for (const hop of this.listening) this.#network.attach(hop, this);
  }

  /** In memory a new connection needs no waiting either. */
  openFlow(hop: SipHop): SipFlow | undefined {
    const open = [...this.#flows.values()].find((flow) => !flow.closed && hopKey(flow.remote) === hopKey(hop));
    if (open !== undefined) return open;
    if (hop.transport === 'UDP') return this.#udpFlow(hop);
    const peer = this.#network.at(hop);
    if (peer === undefined) return undefined;
    const local: SipHop = { transport: hop.transport, host: this.#host, port: 40_000 + this.#network.nextSerial() };
    const near = this.#adopt(local, hop);
    const far = peer.#adopt(hop, local);
    near.connect(far);
    far.connect(near);
    return near;
  }

  async flowTo(hop: SipHop): Promise<SipFlow> {
    const flow = this.openFlow(hop);
    if (flow !== undefined) return flow;
    if (hop.transport === 'UDP') throw new SipTransportError('SIP_NO_LISTENER', 'no UDP address is configured', hop);
    throw new SipTransportError('SIP_CONNECT_REFUSED', `nothing listens on ${hop.host}:${hop.port}`, hop);
  }

  flowById(id: string): SipFlow | undefined {
    const flow = this.#flows.get(id);
    return flow?.closed ? undefined : flow;
  }

  async close(): Promise<void> {
    for (const hop of this.listening) this.#network.detach(hop);
    for (const flow of [...this.#flows.values()]) flow.close();
    this.#handler = undefined;
  }

  receive(flow: MemoryFlow, bytes: Uint8Array): void {
    this.#handler?.message(flow, bytes);
  }

  forget(flow: MemoryFlow): void {
    this.#flows.delete(flow.id);
  }

  receiveDatagram(from: SipHop, bytes: Uint8Array): void {
    const known = [...this.#flows.values()].find((flow) => hopKey(flow.remote) === hopKey(from));
    const flow = known ?? this.#udpFlow(from);
    if (flow !== undefined) this.receive(flow, bytes);
  }

  #udpFlow(remote: SipHop): MemoryFlow | undefined {
    const local = this.listening.find((hop) => hop.transport === 'UDP');
    return local === undefined ? undefined : this.#adopt(local, remote);
  }

  #adopt(local: SipHop, remote: SipHop): MemoryFlow {
    const flow = new MemoryFlow(this.#network, this, local, remote);
    this.#flows.set(flow.id, flow);
    return flow;
  }
}

class MemoryFlow implements SipFlow {
  readonly id: string;
  readonly transport: SipTransportName;
  readonly local: SipHop;
  readonly remote: SipHop;
  readonly reliable: boolean;
  readonly #network: MemoryNetwork;
  readonly #owner: MemoryTransport;
  readonly #closeListeners = new Set<() => void>();
  #peer: MemoryFlow | undefined;
  #closed = false;

  constructor(network: MemoryNetwork, owner: MemoryTransport, local: SipHop, remote: SipHop) {
    this.id = `flow-${network.nextSerial()}`;
    this.#network = network;
    this.#owner = owner;
    this.transport = local.transport;
    this.local = local;
    this.remote = remote;
    this.reliable = local.transport !== 'UDP';
  }

  get closed(): boolean {
    return this.#closed;
  }

  connect(peer: MemoryFlow): void {
    this.#peer = peer;
  }

  send(message: Uint8Array): boolean {
    if (this.#closed) return false;
    const bytes = message.slice();
    this.#network.carry(this.local, this.remote, bytes, () => {
      if (this.transport === 'UDP') this.#network.at(this.remote)?.receiveDatagram(this.local, bytes);
      else if (this.#peer !== undefined && !this.#peer.closed) this.#peer.#owner.receive(this.#peer, bytes);
    });
    return true;
  }

  onClose(closed: () => void): () => void {
    this.#closeListeners.add(closed);
    return () => void this.#closeListeners.delete(closed);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#owner.forget(this);
    for (const listener of [...this.#closeListeners]) listener();
    if (this.transport !== 'UDP') this.#peer?.close();
  }
}

function hopKey(hop: SipHop): string {
  return `${hop.transport} ${hop.host} ${hop.port}`;
}
