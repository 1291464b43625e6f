import type { SipFlow, SipHop } from '../../ports/sip-transport.ts';
import type { Edited } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { param } from '../sip/name-addr.ts';
import { topVia } from '../sip/read.ts';
import { serializeMessage } from '../sip/serialize.ts';
import { DEFAULT_SIP_PORT } from './sender.ts';
import type { StackContext } from './stack-context.ts';

/** Where the responses to one request go. */
export interface ResponseRoute {
  /** The flow the request came on. */
  readonly flow: SipFlow;
  /** False for UDP without `rport`: then the port of the Via counts. */
  readonly symmetric: boolean;
  /** Of the topmost Via; undefined where nobody can be connected to, as over WebSocket. */
  readonly port: number | undefined;
}

/**
 * Reads from flow and Via where responses go.
 * Deviation: `maddr` of the Via is not followed (§18.2.2); it would let a stranger aim our responses at others.
 * @see RFC 3261 §18.2.2, RFC 3581 §4, RFC 7118 §5.4
 */
export function responseRoute(flow: SipFlow, request: SipRequest): ResponseRoute {
  const via = topVia(request);
  const canConnect = via !== undefined && (flow.transport === 'UDP' || flow.transport === 'TCP');
  return {
    flow,
    symmetric: flow.reliable || via === undefined || param(via, 'rport') !== undefined,
    port: canConnect ? (via.port ?? DEFAULT_SIP_PORT) : undefined,
  };
}

/**
 * Sends a response on its route: on the flow of the request, or to the address of the Via for UDP without `rport` and when the
 * flow is gone. Returns false when it is lost at once.
 * @param wire its octets.
 */
export function sendResponse(
  context: StackContext,
  { flow, symmetric, port }: ResponseRoute,
  response: Edited<SipResponse>,
  cause: number | null,
  wire: Uint8Array = serializeMessage(response.message),
): boolean {
  const onFlow = !flow.closed && (symmetric || port === flow.remote.port);
  if (onFlow) return context.sender.send(flow, response, cause, topVia(response.message), wire) !== undefined;
  if (port === undefined) return false;
  const { transport } = flow;
  void sendOnNewFlow(context, { transport, host: flow.remote.host, port }, response, cause, wire);
  return true;
}

async function sendOnNewFlow(
  context: StackContext,
  address: SipHop,
  response: Edited<SipResponse>,
  cause: number | null,
  wire: Uint8Array,
): Promise<void> {
  try {
    const { transport } = context;
    const flow = transport.openFlow(address) ?? (await transport.flowTo(address));
    if (context.sender.send(flow, response, cause, topVia(response.message), wire) !== undefined) return;
  } catch {
    // Said below: the response is lost either way.
  }
  context.sender.note('SIP_RESPONSE_LOST', `${response.message.status}: the way back is gone`, cause, address);
}
