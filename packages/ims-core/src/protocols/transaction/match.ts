import type { SipRequest, SipResponse } from '../sip/message.ts';
import { param } from '../sip/name-addr.ts';
import { callId, cseq, header, tagOf, topVia } from '../sip/read.ts';
import type { Via } from '../sip/via.ts';

/** Marks a branch that is unique by itself. @see RFC 3261 §8.1.1.7 */
const MAGIC_COOKIE = 'z9hg4bk';

/** The branch of a Via, empty when it has none. */
export function branchOf(via: Via | undefined): string {
  const branch = via === undefined ? undefined : param(via, 'branch');
  return typeof branch === 'string' ? branch : '';
}

function hasCookie(branch: string): boolean {
  return branch.length > MAGIC_COOKIE.length && branch.toLowerCase().startsWith(MAGIC_COOKIE);
}

function sentBy(via: Via): string {
  return `${via.host.toLowerCase()}:${via.port ?? ''}`;
}

/**
 * The key of the server transaction to which a request belongs: branch, sent-by and method, where an ACK counts as INVITE.
 * A branch without the cookie comes from an RFC 2543 element and is matched by what that RFC had.
 * Deviation: the To tag is left out of the RFC 2543 key (§17.2.3), so that the ACK finds the INVITE that had none.
 * @see RFC 3261 §17.2.3
 */
export function serverKey(request: SipRequest, method = request.method): string {
  const transactionMethod = method === 'ACK' ? 'INVITE' : method;
  const via = topVia(request);
  const branch = branchOf(via);
  if (via !== undefined && hasCookie(branch)) return `${branch} ${sentBy(via)} ${transactionMethod}`;
  const top = via === undefined ? (header(request, 'Via') ?? '') : `${sentBy(via)};${branch}`;
  const number = cseq(request)?.number ?? '';
  return `2543 ${request.uri} ${tagOf(request, 'From')} ${callId(request)} ${number} ${top} ${transactionMethod}`;
}

/** The key of the INVITE's transaction that a CANCEL is meant for. @see RFC 3261 §9.2 */
export function cancelledKey(cancel: SipRequest): string {
  return serverKey(cancel, 'INVITE');
}

/** The key of the client transaction that sent a request. @see RFC 3261 §17.1.3 */
export function clientKey(branch: string, method: string): string {
  return `${branch} ${method}`;
}

/** The key of the client transaction that a response answers; undefined when it lacks what is needed. @see RFC 3261 §17.1.3 */
export function answeredKey(response: SipResponse): string | undefined {
  const branch = branchOf(topVia(response));
  const method = cseq(response)?.method;
  return branch === '' || method === undefined ? undefined : clientKey(branch, method);
}
