import type { SipFlow } from '../../ports/sip-transport.ts';
import type { TraceParty } from '../../trace/event.ts';

/** What the trace says of a flow in each of its events. */
export interface FlowEnds {
  /** This node at its own address. */
  readonly self: TraceParty;
  readonly remoteAddress: string;
  /** Both addresses in the direction of travel: the same text at the other end, for the opposite direction. */
  readonly sent: string;
  readonly received: string;
}

/** Reads the two ends of a flow; they stay the same as long as the flow lives. */
export function flowEnds(flow: SipFlow, node: TraceParty): FlowEnds {
  const local = `${flow.local.host}:${flow.local.port}`;
  const remoteAddress = `${flow.remote.host}:${flow.remote.port}`;
  return {
    self: { ...node, address: local },
    remoteAddress,
    sent: `sip|${local}>${remoteAddress}|`,
    received: `sip|${remoteAddress}>${local}|`,
  };
}
