import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { isLocalNumber } from '../../protocols/sip/called-identity.ts';
import { chargingVector, newIcid, serializeChargingVector } from '../../protocols/sip/charging-vector.ts';
import { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { header, headerValues, routes } from '../../protocols/sip/read.ts';
import { parseUri } from '../../protocols/sip/uri.ts';
import { assertedIdentity } from './asserted-identity.ts';
import { assertService } from './asserted-service.ts';
import { chargeRequest, chargeResponse } from './charging.ts';
import { type Refusal, refuse, type ScscfContext } from './context.ts';
import { newChain, type ServiceChain } from './original-dialogs.ts';
import { type OwnEntry, type Side, stayOnPath, transportFrom } from './own-routes.ts';
import { demandInitialRegistration } from './restoration.ts';
import { findServedUser, type ServedUser } from './served-user.ts';
import { invokeServices } from './services.ts';
import { aliasOf, servedIdentity } from './user-profile.ts';

/**
 * An initial request that a user registered here makes: checks who it is, and serves the user.
 * @param edit the request without the own Route entry (step 2)
 * @see TS 24.229 5.4.3.2
 */
export async function originating(
  context: ScscfContext,
  incoming: IncomingRequest,
  edit: MessageEdit<SipRequest>,
  { uri, token }: OwnEntry & { readonly kind: 'service route' },
): Promise<void> {
  // 5.4.3.2 step 1: the served user is the one whom the P-CSCF asserts; not registered, but on our Service-Route: we lost the data.
  const served = assertedIdentity(headerValues(incoming.message, 'P-Asserted-Identity')[0]);
  if (served === undefined) {
    incoming.respond(403, { why: 'no P-Asserted-Identity names the served user (TS 24.229 5.4.3.2)' });
    return;
  }
  const registrations = context.registrations.serving(served);
  if (registrations.length === 0) {
    demandInitialRegistration(incoming, uri);
    return;
  }
  const profile = registrations.find((each) => each.token === token)?.profile;
  if (profile === undefined) {
    incoming.respond(403, { why: 'the Service-Route is not that of the served user (TS 24.229 5.4.3.2)' });
    return;
  }
  const identity = servedIdentity(profile, served);
  if (identity === undefined || identity.barred) {
    incoming.respond(403, { why: 'the served user is barred (TS 24.229 5.4.3.2)' });
    return;
  }
  edit.remove('P-Served-User', 'only an application server names the served user (TS 24.229 5.4.3.2)');

  // 5.4.3.2 step 3: the service of the session.
  assertService(edit);
  const chain = newChain(edit.current, served, 'ORIGINATING_REGISTERED');
  await originate(context, incoming, edit, { identity, profile, registrations }, chain, 'pcscf');
}

/**
 * An initial request that an application server makes for a user: `orig` stands on the own Route entry.
 * @param edit the request without the own Route entry (step 2)
 * @see TS 24.229 5.4.3.2, 5.7.3
 */
export async function originatingByServer(
  context: ScscfContext,
  incoming: IncomingRequest,
  edit: MessageEdit<SipRequest>,
): Promise<void> {
  const { message } = incoming;

  // 5.4.3.2 step 1: the served user is the one whom the server names, else the one whom it asserts.
  const named = header(message, 'P-Served-User') ?? headerValues(message, 'P-Asserted-Identity')[0];
  const served = assertedIdentity(named);
  if (served === undefined) {
    incoming.respond(403, { why: 'neither P-Served-User nor P-Asserted-Identity names a user (TS 24.229 5.4.3.2)' });
    return;
  }
  const user = await findServedUser(context, served, incoming);
  if (!user.ok) {
    refuse(incoming, user.refusal);
    return;
  }
  if (user.value.identity.barred) {
    incoming.respond(403, { why: 'the served user is barred (TS 24.229 5.4.3.2)' });
    return;
  }
  if (chargingVector(message) === undefined) {
    const vector = serializeChargingVector({ icidValue: newIcid(context.random), others: [] });
    edit.set('P-Charging-Vector', vector, 'none arrived (TS 24.229 5.4.3.2)');
  }
  const isRegistered = user.value.registrations.length > 0;
  const chain = newChain(edit.current, served, isRegistered ? 'ORIGINATING_REGISTERED' : 'ORIGINATING_UNREGISTERED');
  await originate(context, incoming, edit, user.value, chain, 'as');
}

/**
 * What is the same for every request that is made for a user, also for one whose services sent it elsewhere: the services, then the network of
 * the called user.
 * @param from who gave the request to this box
 * @see TS 24.229 5.4.3.2 steps 4 to 7
 */
export async function originate(
  context: ScscfContext,
  incoming: IncomingRequest,
  edit: MessageEdit<SipRequest>,
  user: ServedUser,
  chain: ServiceChain,
  from: Side,
): Promise<void> {
  const { config } = context;
  const { message } = incoming;

  // 5.4.3.2 step 4: the services of the user.
  if (!(await invokeServices(context, incoming, edit, user, chain, from))) return;
  edit.remove('P-Served-User', 'stays between S-CSCF and AS (TS 24.229 5.4.3.2, RFC 5502)');

  // 5.4.3.2 step 5: the called user may see the number as well as the SIP URI.
  const asserted = headerValues(message, 'P-Asserted-Identity');
  const alias = aliasOf(user.profile, user.identity);
  if (asserted.length === 1 && assertedIdentity(asserted[0]) === user.identity.key && alias !== undefined) {
    edit.append('P-Asserted-Identity', `<${alias.uri}>`, 'the same user by the other kind of URI (TS 24.229 5.4.3.2)');
  }
  chargeRequest(edit, 'core', config.domain);

  // 5.4.3.2 step 6: where is the called user served? An application server may have said the way.
  if (routes(edit.current, 'Route').length === 0) {
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
  }

  // 5.4.3.2 step 7: stay on the path of the dialog.
  const why = "the caller's S-CSCF stays on the path (TS 24.229 5.4.3.2)";
  stayOnPath(edit, config, { role: 'orig', sides: [from, 'core'] }, transportFrom(from, incoming.flow), why);

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
