import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { chargingVector, newIcid } from '../../protocols/sip/charging-vector.ts';
import { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { parseNameAddr } from '../../protocols/sip/name-addr.ts';
import { header } from '../../protocols/sip/read.ts';
import { needsReliableResponses, refuseBrowserExtensions, stripBrowserExtensions } from './browser-extensions.ts';
import { terminatingVector } from './charging.ts';
import type { PcscfContext } from './context.ts';
import type { Session } from './dialogs.ts';
import { assertIdentity, preferredIdentity } from './identity.ts';
import { recordRoute } from './own-uris.ts';
import { hideCaller, hidesCaller, restoreAddresses } from './privacy.ts';
import { type Binding, registeredIdentity } from './registrations.ts';
import { releaseSession } from './release.ts';
import { ReliableResponses } from './reliable-responses.ts';
import { newSession, setUpSession } from './session-setup.ts';
import { distrustUe, hideFromUe } from './trust.ts';

/**
 * Initial request to a registered UE: down the flow that its Path names, without what only the network may see.
 * @see TS 24.229 5.2.6.4
 */
export async function terminating(ctx: PcscfContext, incoming: IncomingRequest, binding: Binding): Promise<void> {
  const { message } = incoming;
  const { flow } = binding;

  // RFC 5626 §5.3.1: the flow in the Path is gone; another one may reach the UE.
  if (refuseLostFlow(incoming, binding)) return;
  const reliably = needsReliableResponses(message, binding);
  if (refuseBrowserExtensions(incoming, binding, reliably ? ['100rel'] : [])) return;

  // 5.2.6.4.3: down the UE's flow; no Route goes to the UE.
  const edit = new MessageEdit(message);
  edit.remove('Route', 'used up: the token in it names the flow of the UE (RFC 5626 §5.3)');
  hideFromUe(edit);
  if (hidesCaller(message)) hideCaller(edit);
  stripBrowserExtensions(edit, binding);
  recordRoute(edit, ctx.config, 'ue', flow, binding.token);

  // 5.2.6.4.4: the called identity speaks in the responses, whatever the UE says of itself.
  const vector = terminatingVector(ctx.config, message);
  const called = calledIdentityOf(binding, message);
  const editResponse = (response: MessageEdit<SipResponse>): void => {
    const preferred = preferredIdentity(binding, response.current);
    distrustUe(response);
    restoreAddresses(response, message);
    assertIdentity(response, preferred ?? called, 'the called public user identity (TS 24.229 5.2.6.4.4)');
    if (vector !== undefined) {
      response.append(
        'P-Charging-Vector',
        vector,
        'as in the request, with this network as term-ioi (TS 24.229 5.2.6.4.4)',
      );
    }
  };

  if (message.method === 'INVITE') {
    const icid = chargingVector(message)?.icidValue ?? newIcid(ctx.random);
    const session = newSession(ctx, incoming, 'terminating', binding, icid);
    // 5.2.7.3: the IMS-ALG answers reliably for a browser that cannot.
    if (reliably) session.reliable = reliableResponses(ctx, incoming, session);
    await setUpSession(ctx, incoming, { session, edit, to: flow, editResponse });
    return;
  }
  await ctx.stack.forward(incoming, [{ request: edit.done(), to: flow }], {
    onResponse: (response) => {
      const answer = new MessageEdit(response);
      editResponse(answer);
      return answer.done();
    },
  });
}

/** Answers 430 when the UE's flow is gone; true when it did. @see RFC 5626 §5.3.1, §11.6 */
export function refuseLostFlow(incoming: IncomingRequest, binding: Binding): boolean {
  if (!binding.flow.closed) return false;
  incoming.respond(430, { why: 'the flow of the UE is lost (RFC 5626 §5.3.1)' });
  return true;
}

function reliableResponses(ctx: PcscfContext, incoming: IncomingRequest, session: Session): ReliableResponses {
  const reason = { cause: 504, text: 'No PRACK came' };
  return new ReliableResponses({
    clock: ctx.clock,
    random: ctx.random,
    transmit: (response) => incoming.send(response),
    giveUp: () => void releaseSession(ctx, session, reason, { cause: incoming.cause }),
  });
}

function calledIdentityOf(binding: Binding, message: SipRequest) {
  const called = parseNameAddr(header(message, 'P-Called-Party-ID') ?? '');
  return (called.ok ? registeredIdentity(binding, called.value.uriText) : undefined) ?? binding.impus[0];
}
