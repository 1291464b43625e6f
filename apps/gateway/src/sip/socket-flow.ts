import { randomBytes } from 'node:crypto';
import type { SipFlow, SipHop, SipTransportName } from '@imslab/ims-core/ports/sip-transport';

const FLOW_ID_OCTETS = 16;

/** Octets that may wait in one connection's send queue; above it the flow refuses to send. */
export const MAX_QUEUED_OCTETS = 1_048_576;

/** What flows over real sockets have in common: an unguessable id, two ends, and who is told when it is gone. */
export abstract class SocketFlow implements SipFlow {
  readonly id = randomBytes(FLOW_ID_OCTETS).toString('hex');
  readonly transport: SipTransportName;
  readonly local: SipHop;
  readonly remote: SipHop;
  /** Made for the first one: most flows are pairs of UDP addresses, which nobody waits to lose. */
  #closeListeners: Set<() => void> | undefined;
  #closed = false;

  constructor(local: SipHop, remote: SipHop) {
    this.transport = local.transport;
    this.local = local;
    this.remote = remote;
  }

  get reliable(): boolean {
    return this.transport !== 'UDP';
  }

  get closed(): boolean {
    return this.#closed;
  }

  onClose(closed: () => void): () => void {
    const listeners = this.#closeListeners ?? new Set();
    this.#closeListeners = listeners.add(closed);
    return () => void listeners.delete(closed);
  }

  abstract send(message: Uint8Array): boolean;
  abstract close(): void;

  /** Marks the flow closed and tells everybody once. */
  protected gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const listener of [...(this.#closeListeners ?? [])]) listener();
    this.#closeListeners = undefined;
  }
}

/** An address as SipHop has it: an IPv4 address that came through an IPv6 socket loses its prefix. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::') ? address.replace(/^::ffff:(?=\d+\.)/i, '') : address;
}

/** `TCP 127.0.0.1:5060`, for people. */
export function hopText(hop: SipHop): string {
  const host = hop.host.includes(':') ? `[${hop.host}]` : hop.host;
  return `${hop.transport} ${host}:${hop.port}`;
}
