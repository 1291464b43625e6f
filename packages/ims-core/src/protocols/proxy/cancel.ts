import type { SipFlow } from '../../ports/sip-transport.ts';
import { unchanged } from '../sip/edit.ts';
import type { SipRequest } from '../sip/message.ts';
import { headerValues } from '../sip/read.ts';
import { buildCancel } from '../transaction/ack.ts';
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

/**
 * Sends the CANCEL of a pending INVITE on the flow and the branch of the INVITE, in a transaction of its own.
 * What the CANCEL itself is answered changes nothing: the INVITE's final response counts.
 * @see RFC 3261 §9.1, §16.10
 */
export function sendCancel(
  context: StackContext,
  invite: SipRequest,
  flow: SipFlow,
  cancellation: { readonly reason: string | undefined; readonly cause: number | null } | undefined,
): void {
  context.layer
    .client({
      request: unchanged(buildCancel(invite, cancellation?.reason)),
      cause: cancellation?.cause ?? null,
      reliable: flow.reliable,
      transmit: (message, cause) => context.sender.send(flow, message, cause) !== undefined,
      user: { response: () => {}, failed: () => {} },
    })
    .start();
}
