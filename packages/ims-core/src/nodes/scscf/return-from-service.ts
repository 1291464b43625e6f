import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { calledIdentity } from '../../protocols/sip/called-identity.ts';
import { chargingVector, serializeChargingVector } from '../../protocols/sip/charging-vector.ts';
import type { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { sameUri } from '../../protocols/sip/uri.ts';
import { refuse, type ScscfContext } from './context.ts';
import { roleOf } from './isc.ts';
import type { ServiceChain } from './original-dialogs.ts';
import { originate } from './originating.ts';
import { findServedUser } from './served-user.ts';
import { terminate } from './terminating.ts';

/**
 * An application server returns a request on its original dialog identifier: the services of the user go on behind that server.
 * @param edit the request without the own Route entry
 * @see TS 24.229 5.4.3.2, 5.4.3.3 step 3, 5.4.3.4, TS 23.218 §6.9.2
 */
export async function returnFromService(
  context: ScscfContext,
  incoming: IncomingRequest,
  edit: MessageEdit<SipRequest>,
  token: string,
): Promise<void> {
  const chain = context.originalDialogs.take(token);
  if (chain === undefined) {
    incoming.respond(403, {
      why: 'the original dialog identifier is unknown or was kept too long (TS 24.229 5.4.3.4)',
    });
    return;
  }
  const user = await findServedUser(context, chain.servedUser, incoming);
  if (!user.ok) {
    refuse(incoming, user.refusal);
    return;
  }
  keepIcid(edit, chain);
  if (roleOf(chain) === 'orig') {
    await originate(context, incoming, edit, user.value, chain, 'as');
  } else if (isRetargeted(incoming.message.uri, chain)) {
    // 5.4.3.3 step 3: the called user's services sent the request to somebody else: from here on it is made for the called user.
    const diverted: ServiceChain = { ...chain, sessionCase: 'ORIGINATING_CDIV', after: undefined };
    await originate(context, incoming, edit, user.value, diverted, 'as');
  } else {
    await terminate(context, incoming, edit, user.value, chain, 'as');
  }
}

/** Another identity than the one that was called; parameters alone are no other target. */
function isRetargeted(requestUri: string, chain: ServiceChain): boolean {
  const now = calledIdentity(requestUri);
  const before = calledIdentity(chain.requestUri);
  return now === undefined || before === undefined ? !sameUri(requestUri, chain.requestUri) : now !== before;
}

/** One charging identity for the whole session, also behind a server that makes a request of its own. @see TS 24.229 4.5.3 */
function keepIcid(edit: MessageEdit<SipRequest>, { icid }: ServiceChain): void {
  const received = chargingVector(edit.current);
  if (icid === undefined || received?.icidValue === icid) return;
  const vector = serializeChargingVector({ others: [], ...received, icidValue: icid });
  edit.set('P-Charging-Vector', vector, 'the ICID of the session (TS 24.229 4.5.3)');
}
