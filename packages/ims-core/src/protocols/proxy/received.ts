import type { SipFlow } from '../../ports/sip-transport.ts';
import { MessageEdit } from '../sip/edit.ts';
import type { SipRequest } from '../sip/message.ts';
import { param, withParam } from '../sip/name-addr.ts';
import { topVia } from '../sip/read.ts';
import { serializeVia } from '../sip/via.ts';

/**
 * Writes into the topmost Via where the request came from: `received` where sent-by does not say it, and with `rport` where the
 * sender asks for that.
 * @see RFC 3261 §18.2.1, RFC 3581 §4
 */
export function withReceived(request: SipRequest, flow: SipFlow): SipRequest {
  const via = topVia(request);
  if (via === undefined) return request;
  const asked = param(via, 'rport') !== undefined;
  if (!asked && via.host === flow.remote.host && param(via, 'received') === undefined) return request;
  const received = withParam(via, 'received', flow.remote.host);
  const written = asked ? withParam(received, 'rport', String(flow.remote.port)) : received;
  return new MessageEdit(request).replaceFirst('Via', serializeVia(written), 'RFC 3261 §18.2.1').current;
}
