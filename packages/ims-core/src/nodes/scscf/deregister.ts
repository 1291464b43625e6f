import { ServerAssignmentType } from '../../ports/cx-client.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import type { HeaderPair } from '../../protocols/sip/build.ts';
import { serializeNameAddr, withParam } from '../../protocols/sip/name-addr.ts';
import { updateBindings } from './bindings.ts';
import { MAX_CONTACTS } from './config.ts';
import { hssUnavailable, note, refuse, type ScscfContext, serverAssignment } from './context.ts';
import type { RegisterRequest } from './register-request.ts';
import { authenticationInfoOf, chargingVectorEcho, contactList } from './registered-headers.ts';
import { registerExchange, registrationChanged } from './registration-change.ts';

/**
 * The UE, or the P-CSCF for a UE that it lost, takes contacts away. With the last one the whole implicit set is de-registered.
 * @see TS 24.229 5.4.1.4.1
 */
export async function deregister(
  context: ScscfContext,
  incoming: IncomingRequest,
  request: RegisterRequest,
): Promise<void> {
  const { impi } = request;
  const before = context.registrations.byImpi(impi);

  // 5.4.1.4.1: only what is registered can be taken away. The HSS may still believe in a registration from before a restart.
  if (before === undefined) {
    await serverAssignment(context, request, ServerAssignmentType.USER_DEREGISTRATION, incoming);
    incoming.respond(481, { why: 'the user is not registered here (TS 24.229 5.4.1.4.1)' });
    return;
  }
  const update = updateBindings(before.bindings, request.bindings, MAX_CONTACTS, context.clock.now());
  if (!update.ok) {
    incoming.respond(update.status, { why: update.why });
    return;
  }

  // 5.4.1.4.1: the last contact is gone: the HSS is told. Without its answer nothing changes (RFC 3261 §10.3: all or nothing).
  const after = update.bindings.length === 0 ? undefined : { ...before, bindings: update.bindings };
  if (after === undefined) {
    const told = await serverAssignment(context, request, ServerAssignmentType.USER_DEREGISTRATION, incoming);
    if (!told.ok) {
      refuse(incoming, hssUnavailable(`no SAA: ${told.text}`));
      return;
    }
    context.registrations.delete(impi);
    note(
      context,
      'REGISTRATION_REMOVED',
      `${context.nameOf(impi)} is de-registered (TS 24.229 5.4.1.4.1)`,
      incoming.cause,
    );
  } else {
    context.registrations.set(after);
  }

  // 5.4.1.4.1: 200 names what is gone, and what is left.
  const gone = update.removed.map(({ contact }) => serializeNameAddr(withParam(contact, 'expires', '0')));
  const left = update.bindings.length === 0 ? [] : [contactList(update.bindings, context.clock.now())];
  const headers: readonly HeaderPair[] = [
    ['Contact', [...gone, ...left].join(', ')],
    ...request.bindings.path.map((entry): HeaderPair => ['Path', entry]),
    ...chargingVectorEcho(incoming.message, context.config.domain),
    ...authenticationInfoOf(request),
  ];
  incoming.respond(200, { headers, why: 'de-registered (TS 24.229 5.4.1.4.1)' });
  const register = after === undefined ? { register: registerExchange(incoming, headers) } : {};
  registrationChanged(context, { impi, before, after, end: 'unregistered', ...register }, incoming);
}
