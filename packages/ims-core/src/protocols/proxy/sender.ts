import type { Clock } from '../../ports/clock.ts';
import type { SipResolver } from '../../ports/sip-resolver.ts';
import type { SipFlow, SipHop } from '../../ports/sip-transport.ts';
import type { TraceSink } from '../../ports/trace-sink.ts';
import type { TraceParty } from '../../trace/event.ts';
import type { Edited } from '../sip/edit.ts';
import type { SipMessage } from '../sip/message.ts';
import { serializeMessage } from '../sip/serialize.ts';
import type { Via } from '../sip/via.ts';
import { sipTraceEvent, sipWireKey } from './sip-trace-event.ts';

/** How many different messages are remembered to tell a repetition from a first sending. */
const MAX_REMEMBERED_MESSAGES = 10_000;

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
    const wireKey = sipWireKey(wire, flow, 'sent');
    return this.#options.trace.record(
      sipTraceEvent({
        message: out.message,
        wire,
        from: this.#self(flow),
        to: this.#peer(flow, peerVia, out.message),
        flow,
        wireKey,
        repetition: this.#sent.count(wireKey),
        cause,
        changes: out.changes,
        now: this.#options.clock.now(),
      }),
    );
  }

  /** Records a message that arrived; when its sender is one of our boxes, the number is that of the sender's event. */
  arrived(flow: SipFlow, message: SipMessage, wire: Uint8Array, peerVia?: Via): number {
    const wireKey = sipWireKey(wire, flow, 'received');
    return this.#options.trace.record(
      sipTraceEvent({
        message,
        wire,
        from: this.#peer(flow, peerVia, message),
        to: this.#self(flow),
        flow,
        wireKey,
        repetition: this.#received.count(wireKey),
        cause: null,
        changes: [],
        now: this.#options.clock.now(),
      }),
    );
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

  #self(flow: SipFlow): TraceParty {
    return { ...this.#options.node, address: `${flow.local.host}:${flow.local.port}` };
  }

  #peer(flow: SipFlow, via: Via | undefined, message: SipMessage): TraceParty {
    const address = `${flow.remote.host}:${flow.remote.port}`;
    const party = this.#options.partyOf(flow, message);
    const hop = party.node === 'other' ? this.#listeningHop(flow, via) : undefined;
    return { address, ...(hop === undefined ? party : this.#options.partyOf(hop, message)) };
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

/** Counts how often each message went by; forgets the oldest ones. */
class Repetitions {
  readonly #counts = new Map<string, number>();

  /** @returns how often this key was counted before. */
  count(key: string): number {
    const before = this.#counts.get(key) ?? 0;
    if (before === 0 && this.#counts.size >= MAX_REMEMBERED_MESSAGES) {
      const oldest = this.#counts.keys().next();
      if (!oldest.done) this.#counts.delete(oldest.value);
    }
    this.#counts.set(key, before + 1);
    return before;
  }
}
