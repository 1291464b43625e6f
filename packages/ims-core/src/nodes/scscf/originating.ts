import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { isLocalNumber } from '../../protocols/sip/called-identity.ts';
import { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import type { NameAddr } from '../../protocols/sip/name-addr.ts';
import { headerValues } from '../../protocols/sip/read.ts';
import { parseUri } from '../../protocols/sip/uri.ts';
import { assertedIdentity } from './asserted-identity.ts';
import { chargeRequest, chargeResponse } from './charging.ts';
import { type Refusal, refuse, type ScscfContext } from './context.ts';
import { isRecordRouted, recordRoute } from './own-routes.ts';
import { demandInitialRegistration } from './restoration.ts';
import { aliasOf, servedIdentity } from './user-profile.ts';

/**
 * An initial request that a user registered here makes: checks who it is and sends it to the network of the called user.
 * @param edit the request without the own Route entry (step 2)
 * @param ownRoute Service-Route entry on which it came, and its token
 * @see TS 24.229 5.4.3.2
 */
export async function originating(
  context: ScscfContext,
  incoming: IncomingRequest,
  edit: MessageEdit<SipRequest>,
  ownRoute: NameAddr,
  token: string,
): Promise<void> {
  const { config, registrations } = context;
  const { message } = incoming;

  // 5.4.3.2 step 1: the served user is the one whom the P-CSCF asserts; not registered, but on our Service-Route: we lost the data.
  const asserted = headerValues(message, 'P-Asserted-Identity');
  const served = assertedIdentity(asserted[0]);
  if (served === undefined) {
    incoming.respond(403, { why: 'no P-Asserted-Identity names the served user (TS 24.229 5.4.3.2)' });
    return;
  }
  const serving = registrations.serving(served);
  if (serving.length === 0) {
    demandInitialRegistration(incoming, ownRoute.uriText);
    return;
  }
  const registration = serving.find((each) => each.token === token);
  if (registration === undefined) {
    incoming.respond(403, { why: 'the Service-Route is not that of the served user (TS 24.229 5.4.3.2)' });
    return;
  }
  const identity = servedIdentity(registration.profile, served);
  if (identity === undefined || identity.barred) {
    incoming.respond(403, { why: 'the served user is barred (TS 24.229 5.4.3.2)' });
    return;
  }

  // 5.4.3.2 step 5: the called user may see the number as well as the SIP URI.
  const alias = aliasOf(registration.profile, identity);
  if (asserted.length === 1 && alias !== undefined) {
    edit.append('P-Asserted-Identity', `<${alias.uri}>`, 'the same user by the other kind of URI (TS 24.229 5.4.3.2)');
  }
  chargeRequest(edit, 'core', config.domain);

  // 5.4.3.2 step 6: where is the called user served?
  const refusal = unroutable(message.uri, config.domain);
  if (refusal !== undefined) {
    refuse(incoming, refusal);
    return;
  }
  edit.prepend(
    'Route',
    `<${config.icscfUri};transport=tcp;lr>`,
    'entry point of the home network, where the called user is looked up (TS 24.229 5.4.3.2)',
  );

  // 5.4.3.2 step 7: stay on the path of the dialog.
  if (isRecordRouted(message.method)) {
    edit.prepend(
      'Record-Route',
      recordRoute(config, 'orig'),
      "the caller's S-CSCF stays on the path (TS 24.229 5.4.3.2)",
    );
  }

  await context.stack.forward(incoming, [{ request: edit.done() }], {
    onResponse: (response) => {
      const answer = new MessageEdit(response);
      chargeResponse(answer, message, config.domain);
      return answer.done();
    },
  });
}

/**
 * Why a Request-URI leads nowhere from here.
 *
 * Deviation: TS 24.229 5.4.3.2 asks ENUM for a number and sends other domains to their entry point; the lab knows its own users only.
 */
function unroutable(requestUri: string, domain: string): Refusal | undefined {
  if (isLocalNumber(requestUri)) {
    return { status: 484, options: { why: 'a local number cannot be completed (TS 24.229 5.4.3.2)' } };
  }
  const uri = parseUri(requestUri);
  if (uri.ok && uri.value.kind === 'tel') return undefined;
  if (uri.ok && uri.value.kind === 'sip' && uri.value.host.toLowerCase() === domain.toLowerCase()) return undefined;
  return {
    status: 404,
    options: { why: 'no user of this network, and there is no interconnection (TS 24.229 5.4.3.2)' },
  };
}
