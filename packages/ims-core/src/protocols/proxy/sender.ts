import type { Clock } from '../../ports/clock.ts';
import type { SipResolver } from '../../ports/sip-resolver.ts';
import type { SipFlow, SipHop } from '../../ports/sip-transport.ts';
import type { SipOnWire, TraceSink } from '../../ports/trace-sink.ts';
import type { MessageChange, TraceParty } from '../../trace/event.ts';
import type { Edited } from '../sip/edit.ts';
import type { SipMessage } from '../sip/message.ts';
import { serializeMessage } from '../sip/serialize.ts';
import type { Via } from '../sip/via.ts';
import { FlowEnds } from './flow-ends.ts';

export const DEFAULT_SIP_PORT = 5060;

const NO_CHANGES: readonly MessageChange[] = [];

export interface SenderOptions {
  readonly node: TraceParty;
  readonly clock: Clock;
  readonly trace: TraceSink;
  readonly resolver: SipResolver;
  readonly partyOf: (peer: SipFlow | SipHop, message?: SipMessage) => TraceParty;
}

/** Writes messages to flows and tells the trace of everything that leaves and arrives. */
export class SipSender {
  readonly #options: SenderOptions;
  readonly #ends = new WeakMap<SipFlow, FlowEnds>();

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /**
   * Sends a message and records it.
   * @param peerVia topmost Via of the request that a response answers: it names the peer behind an ephemeral port.
   * @param octets the message as it is sent.
   * @returns the trace number, or undefined when the flow refused the message.
   */
  send(
    flow: SipFlow,
    { message, changes }: Edited<SipMessage>,
    cause: number | null,
    peerVia?: Via,
    octets: Uint8Array = serializeMessage(message),
  ): number | undefined {
    if (!flow.send(octets)) return undefined;
    const { trace, clock } = this.#options;
    const { transport } = flow;
    const ends = this.#endsOf(flow);
    const to = ends.box ?? this.#peer(flow, ends, peerVia, message);
    const time = clock.now();
    const sent: SipOnWire = { kind: 'sip', octets, from: ends.self, to, time, cause, transport, changes };
    return trace.message(sent, 'sender', ends.sent);
  }

  /** Records a message that arrived; when its sender is one of our boxes, the number is that of the sender's event. */
  arrived(flow: SipFlow, message: SipMessage, octets: Uint8Array, peerVia?: Via): number {
    const { trace, clock } = this.#options;
    const { transport } = flow;
    const ends = this.#endsOf(flow);
    const from = ends.box ?? this.#peer(flow, ends, peerVia, message);
    const time = clock.now();
    const arrival: SipOnWire = {
      kind: 'sip',
      octets,
      from,
      to: ends.self,
      time,
      cause: null,
      transport,
      changes: NO_CHANGES,
    };
    return trace.message(arrival, 'receiver', ends.received);
  }

  /** Records a fact that is no message. */
  note(code: string, text: string, cause: number | null, peer?: SipFlow | SipHop): number {
    const { node, trace, clock, partyOf } = this.#options;
    return trace.record({
      kind: 'note',
      from: peer === undefined ? node : partyOf(peer),
      to: node,
      time: clock.now(),
      cause,
      note: { code, text },
    });
  }

  #endsOf(flow: SipFlow): FlowEnds {
    const known = this.#ends.get(flow);
    if (known !== undefined) return known;
    const ends = new FlowEnds(flow, this.#options.node);
    this.#ends.set(flow, ends);
    return ends;
  }

  #peer(flow: SipFlow, ends: FlowEnds, via: Via | undefined, message: SipMessage): TraceParty {
    const party = this.#options.partyOf(flow, message);
    const hop = party.node === 'other' ? this.#listeningHop(flow, via) : undefined;
    return ends.peer(hop === undefined ? party : this.#options.partyOf(hop, message));
  }

  /** The hop at which the peer of an incoming connection listens, when its Via says so truly: the host must be the connection's. */
  #listeningHop(flow: SipFlow, via: Via | undefined): SipHop | undefined {
    if (via === undefined || flow.transport === 'WS' || flow.transport === 'WSS') return undefined;
    const { transport, remote } = flow;
    const host = via.host.replace(/^\[(.*)\]$/, '$1');
    if (host === remote.host) return { transport, host, port: via.port ?? DEFAULT_SIP_PORT };
    const target = { host, transport, ...(via.port === undefined ? {} : { port: via.port }) };
    return this.#options.resolver.resolve(target).find((hop) => hop.host === remote.host);
  }
}
