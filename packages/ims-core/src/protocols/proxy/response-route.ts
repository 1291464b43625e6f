import type { SipFlow, SipHop } from '../../ports/sip-transport.ts';
import type { Edited } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { param } from '../sip/name-addr.ts';
import { topVia } from '../sip/read.ts';
import type { Via } from '../sip/via.ts';
import { DEFAULT_SIP_PORT } from './sender.ts';
import type { StackContext } from './stack-context.ts';

/** Where the responses to one request go. */
export interface ResponseRoute {
  /** The flow the request came on. */
  readonly flow: SipFlow;
  /** Its topmost Via, with `received`. */
  readonly via: Via | undefined;
  /** The address to use instead of the flow: always for UDP without `rport`, else when the flow is gone. None for WebSocket. */
  readonly address: SipHop | undefined;
}

/**
 * Reads from flow and Via where responses go.
 * Deviation: `maddr` of the Via is not followed (§18.2.2); it would let a stranger aim our responses at others.
 * @see RFC 3261 §18.2.2, RFC 3581 §4, RFC 7118 §5.4
 */
export function responseRoute(flow: SipFlow, request: SipRequest): ResponseRoute {
  const via = topVia(request);
  const canConnect = flow.transport === 'UDP' || flow.transport === 'TCP';
  if (via === undefined || !canConnect) return { flow, via, address: undefined };
  const port = via.port ?? DEFAULT_SIP_PORT;
  return { flow, via, address: { transport: flow.transport, host: flow.remote.host, port } };
}

/** Sends a response on its route. Returns false when it is lost at once. */
export function sendResponse(
  context: StackContext,
  route: ResponseRoute,
  response: Edited<SipResponse>,
  cause: number | null,
): boolean {
  const { flow, via, address } = route;
  const symmetric = flow.reliable || via === undefined || param(via, 'rport') !== undefined;
  const onFlow = !flow.closed && (symmetric || address?.port === flow.remote.port);
  if (onFlow) return context.sender.send(flow, response, cause, via) !== undefined;
  if (address === undefined) return false;
  void sendOnNewFlow(context, address, response, cause, via);
  return true;
}

async function sendOnNewFlow(
  context: StackContext,
  address: SipHop,
  response: Edited<SipResponse>,
  cause: number | null,
  via: Via | undefined,
): Promise<void> {
  try {
    const flow = await context.transport.flowTo(address);
    if (context.sender.send(flow, response, cause, via) !== undefined) return;
  } catch {
    // Said below: the response is lost either way.
  }
  context.sender.note('SIP_RESPONSE_LOST', `${response.message.status}: the way back is gone`, cause, address);
}
