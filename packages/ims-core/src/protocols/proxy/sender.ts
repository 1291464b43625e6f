import type { Clock } from '../../ports/clock.ts';
import type { SipResolver } from '../../ports/sip-resolver.ts';
import type { SipFlow, SipHop } from '../../ports/sip-transport.ts';
import type { TraceSink } from '../../ports/trace-sink.ts';
import type { TraceParty } from '../../trace/event.ts';
import type { Edited } from '../sip/edit.ts';
import type { SipMessage } from '../sip/message.ts';
import { serializeMessage } from '../sip/serialize.ts';
import type { Via } from '../sip/via.ts';
import { type FlowEnds, flowEnds } from './flow-ends.ts';
import { fnv1a } from './fnv1a.ts';
import { Repetitions } from './repetitions.ts';
import { type SipTraceInput, sipTraceEvent } from './sip-trace-event.ts';

export const DEFAULT_SIP_PORT = 5060;

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
  readonly #sent = new Repetitions();
  readonly #received = new Repetitions();
  readonly #ends = new WeakMap<SipFlow, FlowEnds>();

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /**
   * Sends a message and records it.
   * @param peerVia topmost Via of the request that a response answers: it names the peer behind an ephemeral port.
   * @returns the trace number, or undefined when the flow refused the message.
   */
  send(flow: SipFlow, out: Edited<SipMessage>, cause: number | null, peerVia?: Via): number | undefined {
    const wire = serializeMessage(out.message);
    if (!flow.send(wire)) return undefined;
    const { self, sent } = this.#endsOf(flow);
    const wireKey = sent + fnv1a(wire);
    const repetition = this.#sent.count(wireKey);
    const { message, changes } = out;
    return this.#report(wireKey, repetition, () => ({
      message,
      wire,
      transport: flow.transport,
      from: self,
      to: this.#peer(flow, peerVia, message),
      cause,
      changes,
      retransmission: repetition > 0,
      now: this.#options.clock.now(),
    }));
  }

  /** Records a message that arrived; when its sender is one of our boxes, the number is that of the sender's event. */
  arrived(flow: SipFlow, message: SipMessage, wire: Uint8Array, peerVia?: Via): number {
    const { self, received } = this.#endsOf(flow);
    const wireKey = received + fnv1a(wire);
    const repetition = this.#received.count(wireKey);
    return this.#report(wireKey, repetition, () => ({
      message,
      wire,
      transport: flow.transport,
      from: this.#peer(flow, peerVia, message),
      to: self,
      cause: null,
      changes: [],
      retransmission: repetition > 0,
      now: this.#options.clock.now(),
    }));
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

  /** Both ends give a message the same key: its way, its octets, and which repetition of them it is. The first report is recorded. */
  #report(wireKey: string, repetition: number, facts: () => SipTraceInput): number {
    const { trace } = this.#options;
    const key = repetition === 0 ? wireKey : `${wireKey}|${repetition}`;
    return trace.joined(key) ?? trace.record(sipTraceEvent(facts()), key);
  }

  #endsOf(flow: SipFlow): FlowEnds {
    const known = this.#ends.get(flow);
    if (known !== undefined) return known;
    const ends = flowEnds(flow, this.#options.node);
    this.#ends.set(flow, ends);
    return ends;
  }

  #peer(flow: SipFlow, via: Via | undefined, message: SipMessage): TraceParty {
    const party = this.#options.partyOf(flow, message);
    const hop = party.node === 'other' ? this.#listeningHop(flow, via) : undefined;
    const { node, id, label } = hop === undefined ? party : this.#options.partyOf(hop, message);
    return { node, id, label, address: this.#endsOf(flow).remoteAddress };
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
