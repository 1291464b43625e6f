import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import type { NameAddr } from '../../protocols/sip/name-addr.ts';
import { chargeRequestInDialog, chargeResponse } from './charging.ts';
import type { ScscfContext } from './context.ts';
import { sidesOf } from './own-routes.ts';

/**
 * A request within a dialog follows the route set of the dialog.
 * @param edit the request without the own Route entry
 * @param ownRoute that entry
 * @see TS 24.229 5.4.3.2, 5.4.3.3, RFC 3261 §16.12
 */
export async function inDialog(
  context: ScscfContext,
  incoming: IncomingRequest,
  edit: MessageEdit<SipRequest>,
  ownRoute: NameAddr,
): Promise<void> {
  const { message } = incoming;
  const { domain } = context.config;
  chargeRequestInDialog(edit, sidesOf(ownRoute), domain);
  if (message.method === 'ACK') {
    context.stack.forwardStateless(incoming, edit.done());
    return;
  }
  await context.stack.forward(incoming, [{ request: edit.done() }], {
    onResponse: (response) => {
      const answer = new MessageEdit(response);
      chargeResponse(answer, message, domain);
      return answer.done();
    },
  });
}
