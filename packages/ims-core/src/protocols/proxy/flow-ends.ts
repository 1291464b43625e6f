import type { SipFlow } from '../../ports/sip-transport.ts';
import type { TraceParty } from '../../trace/event.ts';
import { octetHash } from './octet-hash.ts';

const encoder = new TextEncoder();

/** What the trace says of a flow in each of its messages; made once, for it stays the same as long as the flow lives. */
export class FlowEnds {
  /** This node at its own address. */
  readonly self: TraceParty;
  /** Numbers of both addresses in the direction of travel: the same at the other end, for the opposite direction. */
  readonly sent: number;
  readonly received: number;
  readonly #remoteAddress: string;
  #peer: TraceParty | undefined;

  constructor(flow: SipFlow, node: TraceParty) {
    const local = `${flow.local.host}:${flow.local.port}`;
    this.#remoteAddress = `${flow.remote.host}:${flow.remote.port}`;
    this.self = { ...node, address: local };
    this.sent = wayNumber(local, this.#remoteAddress);
    this.received = wayNumber(this.#remoteAddress, local);
  }

  /** The peer, once it is known to be a box of the lab: that never changes, while one flow may carry several UEs. */
  get box(): TraceParty | undefined {
    return this.#peer === undefined || this.#peer.node === 'ue' || this.#peer.node === 'other' ? undefined : this.#peer;
  }

  /** A party at the far end's address; the same object as the last time when it is the same party. */
  peer({ node, id, label }: TraceParty): TraceParty {
    const last = this.#peer;
    if (last !== undefined && last.node === node && last.id === id && last.label === label) return last;
    this.#peer = { node, id, label, address: this.#remoteAddress };
    return this.#peer;
  }
}

function wayNumber(from: string, to: string): number {
  return octetHash(encoder.encode(`${from}>${to}`));
}
