import type { SipFlow } from '../../ports/sip-transport.ts';
import { type Edited, MessageEdit } from '../sip/edit.ts';
import { headerField } from '../sip/header-field.ts';
import type { SipRequest } from '../sip/message.ts';
import { maxForwards } from '../sip/read.ts';
import { firstRoute, obeyStrictRoute } from './route.ts';

/** Of a request that came without Max-Forwards. @see RFC 3261 §16.6 step 3 */
const INITIAL_MAX_FORWARDS = 70;

/**
 * The copy that goes on, all but its Via: one hop fewer to go, and written for a strict router where the next hop is one.
 * @see RFC 3261 §16.6 steps 3 and 6
 */
export function forwardedCopy(copy: Edited<SipRequest>): Edited<SipRequest> {
  const edit = new MessageEdit(copy.message);
  const hopsLeft = maxForwards(copy.message);
  const left = hopsLeft === undefined ? INITIAL_MAX_FORWARDS : Math.max(0, hopsLeft - 1);
  edit.set('Max-Forwards', String(left), 'one hop fewer; 70 when there was none (RFC 3261 §16.6 step 3)');
  obeyStrictRoute(edit, firstRoute(copy.message));
  return join(copy, edit.done());
}

/** A request of this node's own: it needs only a Max-Forwards. @see RFC 3261 §8.1.1.6 */
export function originatedCopy(copy: Edited<SipRequest>): Edited<SipRequest> {
  if (maxForwards(copy.message) !== undefined) return copy;
  const edit = new MessageEdit(copy.message);
  edit.append('Max-Forwards', String(INITIAL_MAX_FORWARDS), 'a request starts with 70 (RFC 3261 §8.1.1.6)');
  return join(copy, edit.done());
}

/** Puts this node's Via on top. @see RFC 3261 §16.6 step 8, RFC 3581 §3 */
export function withVia(
  copy: Edited<SipRequest>,
  flow: SipFlow,
  sentBy: { readonly host: string; readonly port?: number },
  branch: string,
): Edited<SipRequest> {
  const host = sentBy.host.includes(':') && !sentBy.host.startsWith('[') ? `[${sentBy.host}]` : sentBy.host;
  const port = sentBy.port === undefined ? '' : `:${sentBy.port}`;
  const rport = flow.reliable ? '' : ';rport';
  const value = `SIP/2.0/${flow.transport} ${host}${port};branch=${branch}${rport}`;
  const { method, uri, headers, body } = copy.message;
  const why = 'responses come back through this box (RFC 3261 §16.6 step 8)';
  return {
    message: { kind: 'request', method, uri, headers: [headerField('Via', value), ...headers], body },
    changes: [...copy.changes, { op: 'add', name: 'Via', after: value, why }],
  };
}

function join(before: Edited<SipRequest>, after: Edited<SipRequest>): Edited<SipRequest> {
  return { message: after.message, changes: [...before.changes, ...after.changes] };
}
