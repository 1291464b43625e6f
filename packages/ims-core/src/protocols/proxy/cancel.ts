import type { SipFlow } from '../../ports/sip-transport.ts';
import { type Edited, unchanged } from '../sip/edit.ts';
import type { SipRequest } from '../sip/message.ts';
import { headerValues, topVia } from '../sip/read.ts';
import { buildCancel } from '../transaction/ack.ts';
import type { ClientUser } from '../transaction/client.ts';
import { branchOf } from '../transaction/match.ts';
import type { StackContext } from './stack-context.ts';

/** Of the CANCELs to the branches that lost a fork. @see TS 24.229 5.4.3.3, RFC 3326 */
export const COMPLETED_ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

/** Of the CANCEL that timer C sends. @see RFC 3261 §16.8, RFC 3326 */
export const TIMER_C_EXPIRED = 'SIP;cause=408;text="Request Timeout"';

/** The Reason values of a CANCEL, to be passed on with the CANCELs that it makes. @see RFC 3326 §2 */
export function reasonOf(cancel: SipRequest): string | undefined {
  const values = headerValues(cancel, 'Reason');
  return values.length === 0 ? undefined : values.join(', ');
}

/** Sends a CANCEL on its INVITE's flow. What it is answered changes nothing: the INVITE's final response counts. */
class CancelUser implements ClientUser {
  readonly #context: StackContext;
  readonly #flow: SipFlow;

  constructor(context: StackContext, flow: SipFlow) {
    this.#context = context;
    this.#flow = flow;
  }

  transmit(message: Edited<SipRequest>, cause: number | null): boolean {
    return this.#context.sender.send(this.#flow, message, cause) !== undefined;
  }

  response(): void {}

  failed(): void {}
}

/**
 * Sends the CANCEL of a pending INVITE on the flow and the branch of the INVITE, in a transaction of its own.
 * @see RFC 3261 §9.1, §16.10
 */
export function sendCancel(
  context: StackContext,
  invite: SipRequest,
  flow: SipFlow,
  cancellation: { readonly reason: string | undefined; readonly cause: number | null } | undefined,
): void {
  const request = unchanged(buildCancel(invite, cancellation?.reason));
  const branch = branchOf(topVia(invite));
  const user = new CancelUser(context, flow);
  context.layer.client({ request, branch, cause: cancellation?.cause ?? null, reliable: flow.reliable, user }).start();
}
