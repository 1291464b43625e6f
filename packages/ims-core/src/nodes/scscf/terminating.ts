import type { Branch, IncomingRequest } from '../../protocols/proxy/stack.ts';
import { calledIdentity } from '../../protocols/sip/called-identity.ts';
import { type Edited, MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { header, headerValues } from '../../protocols/sip/read.ts';
import { assertedIdentity } from './asserted-identity.ts';
import type { Binding } from './bindings.ts';
import { callerPreferences } from './caller-preferences.ts';
import { chargeRequest, chargeResponse } from './charging.ts';
import { refuse, type ScscfContext } from './context.ts';
import { newChain, type ServiceChain } from './original-dialogs.ts';
import { type Side, stayOnPath, transportFrom } from './own-routes.ts';
import { findServedUser, type ServedUser } from './served-user.ts';
import { invokeServices } from './services.ts';
import { asForked, targetSet } from './target-set.ts';
import { aliasOf, type ServedIdentity, servedIdentity, type UserProfile } from './user-profile.ts';

/**
 * An initial request to a user served here: finds the user, and serves the user.
 * @param edit the request without the own Route entry
 * @see TS 24.229 5.4.3.3
 */
export async function terminating(
  context: ScscfContext,
  incoming: IncomingRequest,
  edit: MessageEdit<SipRequest>,
): Promise<void> {
  // 5.4.3.3 step 1 and 2: who is called? Barred users are not found; for others that are not registered there may be services.
  const called = calledIdentity(incoming.message.uri);
  if (called === undefined) {
    incoming.respond(404, { why: 'the Request-URI is no public user identity (TS 24.229 5.4.3.3)' });
    return;
  }
  const user = await findServedUser(context, called, incoming);
  if (!user.ok) {
    refuse(incoming, user.refusal);
    return;
  }
  if (user.value.identity.barred) {
    incoming.respond(404, { why: 'the called identity is barred (TS 24.229 5.4.3.3)' });
    return;
  }
  edit
    .remove('P-Served-User', 'of the caller, who was served before (TS 24.229 5.4.3.3, RFC 5502)')
    .remove('P-User-Database', 'stays between I-CSCF and S-CSCF (TS 24.229 5.4.3.3)');
  const isRegistered = user.value.registrations.length > 0;
  const chain = newChain(edit.current, called, isRegistered ? 'TERMINATING_REGISTERED' : 'TERMINATING_UNREGISTERED');
  await terminate(context, incoming, edit, user.value, chain, 'core');
}

/**
 * The services of the called user, then the user's contacts.
 * @param from who gave the request to this box
 * @see TS 24.229 5.4.3.3 steps 4 to 10
 */
export async function terminate(
  context: ScscfContext,
  incoming: IncomingRequest,
  edit: MessageEdit<SipRequest>,
  user: ServedUser,
  chain: ServiceChain,
  from: Side,
): Promise<void> {
  const { config } = context;
  const { message } = incoming;
  const { profile, identity, registrations } = user;

  // 5.4.3.3 step 4: the services of the user. One who is not registered has nothing else.
  if (!(await invokeServices(context, incoming, edit, user, chain, from))) return;
  if (registrations.length === 0) {
    incoming.respond(480, { why: 'the called user is not registered (TS 24.229 5.4.3.3)' });
    return;
  }

  // 5.4.3.3 step 6 and 10: what is the same for each contact.
  edit.remove('P-Served-User', 'stays between S-CSCF and AS (TS 24.229 5.4.3.3, RFC 5502)');
  chargeRequest(edit, 'pcscf', config.domain);
  const why = "the called user's S-CSCF stays on the path (TS 24.229 5.4.3.3)";
  stayOnPath(edit, config, { role: 'term', sides: [from, 'pcscf'] }, transportFrom(from, incoming.flow), why);
  const common = edit.done();

  // 5.4.3.3 step 7: all contacts of the identity that the caller wants; of one device the newest flow first, the others when it fails (RFC 5626 §6).
  const preferences = callerPreferences(message);
  const contacts = registrations.flatMap((registration) => registration.bindings).filter(preferences.accepts);
  const devices = asForked(targetSet(contacts, context.clock.now()), preferences.forking);
  const attempts = Math.max(0, ...devices.map((flows) => flows.length));
  for (let attempt = 0; attempt < attempts && !incoming.cancelled; attempt += 1) {
    const branches = devices
      .flatMap((flows) => flows[attempt] ?? [])
      .map((binding, place) => {
        const branch = towards(binding, common);
        return preferences.forking === 'sequential' ? { ...branch, q: 1 / (1 + place) } : branch;
      });
    const outcome = await context.stack.forward(incoming, branches, {
      // 5.4.3.3 step 9: the answer says who was reached.
      onResponse: (response) => answered(response, message, profile, identity, config.domain),
      onFailure: (kind) =>
        kind === 'transport'
          ? { status: 430, options: { why: 'the P-CSCF on the Path cannot be reached (TS 24.229 5.4.3.3)' } }
          : undefined,
      intercept: ({ status }) => status === 430,
    });
    if (!outcome.intercepted) return;
  }

  // 5.4.3.3 step 5 and 10: no flow to the user works.
  incoming.respond(480, { why: 'no contact of the user can be reached (TS 24.229 5.4.3.3, RFC 5626 §5.3)' });
}

/** The copy for one contact. @see TS 24.229 5.4.3.3 */
function towards(binding: Binding, { message, changes }: Edited<SipRequest>): Branch {
  const edit = new MessageEdit(message);
  if (header(message, 'P-Called-Party-ID') === undefined) {
    const why = 'the identity that was called, before the contact takes its place (TS 24.229 5.4.3.3, RFC 7315 §4.2)';
    edit.append('P-Called-Party-ID', `<${message.uri}>`, why);
  }
  edit
    .requestUri(binding.contact.uriText, 'contact that the user registered (TS 24.229 5.4.3.3)')
    .remove('Route', 'ends at this box');
  for (const entry of binding.path) edit.append('Route', entry, 'Path of the contact (TS 24.229 5.4.3.3, RFC 3327)');
  const copy = edit.done();
  return { request: { message: copy.message, changes: [...changes, ...copy.changes] }, q: binding.q };
}

/** P-Asserted-Identity of the called user, with the number or SIP URI of the same user, and the charging parameters. */
function answered(
  response: SipResponse,
  request: SipRequest,
  profile: UserProfile,
  called: ServedIdentity,
  domain: string,
): Edited<SipResponse> {
  const edit = new MessageEdit(response);
  const { status } = response;
  if (status > 100 && status < 300) {
    const asserted = headerValues(response, 'P-Asserted-Identity');
    const own = asserted
      .map((value) => servedIdentity(profile, assertedIdentity(value) ?? ''))
      .find((identity) => identity !== undefined && !identity.barred);
    const reached = own ?? called;
    if (own === undefined) {
      edit.set('P-Asserted-Identity', `<${reached.uri}>`, 'the called user (TS 24.229 5.4.3.3)');
    }
    const alias = aliasOf(profile, reached);
    if (asserted.length < 2 && alias !== undefined) {
      const why = 'the same user by the other kind of URI (TS 24.229 5.4.3.3)';
      edit.append('P-Asserted-Identity', `<${alias.uri}>`, why);
    }
  }
  chargeResponse(edit, request, domain);
  return edit.done();
}
