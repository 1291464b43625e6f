import { type CxOutcome, type ServerAssignmentAnswer, ServerAssignmentType } from '../../ports/cx-client.ts';
import { cxResultKey } from '../../protocols/cx/result-key.ts';
import { parseUserData } from '../../protocols/cx/user-data.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { hex } from '../../protocols/sip/ids.ts';
import { updateBindings } from './bindings.ts';
import { MAX_CONTACTS } from './config.ts';
import { hssUnavailable, note, type Refusal, refuse, type ScscfContext, serverAssignment } from './context.ts';
import type { RegisterRequest } from './register-request.ts';
import { registeredHeaders } from './registered-headers.ts';
import { registerExchange, registrationChanged } from './registration-change.ts';
import { associatedIdentities, type UserProfile, userProfile } from './user-profile.ts';

/** Octets of the token in a Service-Route. */
const TOKEN_OCTETS = 12;

/**
 * The user is authenticated: the HSS is told, the contacts are stored, the UE gets 200.
 * @see TS 24.229 5.4.1.2.2
 */
export async function completeRegistration(
  context: ScscfContext,
  incoming: IncomingRequest,
  request: RegisterRequest,
): Promise<void> {
  const { impi } = request;
  const before = context.registrations.byImpi(impi);

  // RFC 3261 §10.3: all contacts are accepted or none; found out before anything changes.
  const update = updateBindings(before?.bindings ?? [], request.bindings, MAX_CONTACTS, context.clock.now());
  if (!update.ok) {
    incoming.respond(update.status, { why: update.why });
    return;
  }
  if (update.bindings.length === 0) {
    incoming.respond(481, { why: 'a REGISTER without Contact, and nothing is registered (RFC 3261 §10.3)' });
    return;
  }

  // 5.4.1.2.2 step 1: the HSS assigns the user to this S-CSCF and gives the profile.
  const type = before === undefined ? ServerAssignmentType.REGISTRATION : ServerAssignmentType.RE_REGISTRATION;
  const answer = await serverAssignment(context, request, type, incoming);
  const assigned = readAssignment(context, answer, before?.profile);
  if (!assigned.ok) {
    if (assigned.profileUnusable !== undefined) {
      incoming.cause = note(context, 'CX_USER_DATA_UNUSABLE', assigned.profileUnusable, incoming.cause);
    }
    if (assigned.tooMuchData === true) {
      await serverAssignment(context, request, ServerAssignmentType.DEREGISTRATION_TOO_MUCH_DATA, incoming);
    }
    refuse(incoming, assigned.refusal);
    return;
  }

  // 5.4.1.2.2 step 2: a user of whom every identity is barred is not served.
  if (associatedIdentities(assigned.profile).length === 0) {
    context.registrations.delete(impi);
    await serverAssignment(context, request, ServerAssignmentType.ADMINISTRATIVE_DEREGISTRATION, incoming);
    incoming.respond(403, { why: 'all public identities of the set are barred (TS 24.229 5.4.1.2.2)' });
    registrationChanged(context, { impi, before, after: undefined, end: 'rejected' }, incoming);
    return;
  }

  // 5.4.1.2.2 step 3: the binding.
  const registration = {
    impi,
    profile: assigned.profile,
    chargingInformation: assigned.chargingInformation,
    token: before?.token ?? hex(context.random.bytes(TOKEN_OCTETS)),
    bindings: update.bindings,
  };
  context.registrations.set(registration);
  context.unregisteredUsers.forget(impi);
  for (const { contact } of update.removed) {
    const text = `${context.nameOf(impi)} is no longer reached at ${contact.uriText}: replaced (TS 24.229 5.4.1.2.2)`;
    note(context, 'REGISTRATION_REMOVED', text, incoming.cause);
  }
  if (before === undefined) {
    const text = `${context.nameOf(impi)} is registered (TS 24.229 5.4.1.2.2)`;
    note(context, 'REGISTRATION_CREATED', text, incoming.cause);
  }

  // 5.4.1.2.2 step 4: 200.
  const headers = registeredHeaders(context, incoming.message, request, registration);
  incoming.respond(200, { headers, why: 'registered (TS 24.229 5.4.1.2.2)' });

  // 5.4.1.2.2 step 5: who follows the registration is told, as are the application servers.
  const register = registerExchange(incoming, headers);
  registrationChanged(context, { impi, before, after: registration, end: 'deactivated', register }, incoming);
}

type Assignment =
  | {
      readonly ok: true;
      readonly profile: UserProfile;
      readonly chargingInformation: ServerAssignmentAnswer['chargingInformation'];
    }
  | {
      readonly ok: false;
      readonly refusal: Refusal;
      readonly tooMuchData?: boolean;
      readonly profileUnusable?: string;
    };

/** Results of an SAA that say no. @see TS 29.228 §6.1.2.1 */
const saaRefusals: ReadonlyMap<string, readonly [status: number, text: string]> = new Map([
  ['10415/5001', [403, 'DIAMETER_ERROR_USER_UNKNOWN']],
  ['10415/5002', [403, 'DIAMETER_ERROR_IDENTITIES_DONT_MATCH']],
  ['10415/5005', [480, 'DIAMETER_ERROR_IDENTITY_ALREADY_REGISTERED: another S-CSCF serves the user']],
  ['10415/5007', [500, 'DIAMETER_ERROR_IN_ASSIGNMENT_TYPE']],
  ['10415/5008', [480, 'DIAMETER_ERROR_TOO_MUCH_DATA']],
]);

/** What an SAA means for the REGISTER. The profile held before serves when the HSS sends none. */
function readAssignment(
  { sharedServices }: ScscfContext,
  outcome: CxOutcome<ServerAssignmentAnswer>,
  held: UserProfile | undefined,
): Assignment {
  if (!outcome.ok) return { ok: false, refusal: hssUnavailable(`no SAA: ${outcome.text}`) };
  const { result, userData, chargingInformation } = outcome.answer;
  const key = cxResultKey(result);
  if (key !== '2001') {
    const [status, text] = saaRefusals.get(key) ?? [];
    return status === undefined
      ? { ok: false, refusal: hssUnavailable(`the SAA cannot be used: result ${key}`) }
      : { ok: false, refusal: { status, options: { why: `the HSS says ${text}` } }, tooMuchData: key === '10415/5008' };
  }
  if (userData !== undefined) {
    const parsed = parseUserData(userData);
    return parsed.ok
      ? { ok: true, profile: userProfile(parsed.value, sharedServices), chargingInformation }
      : {
          ok: false,
          refusal: hssUnavailable('the user profile of the SAA cannot be read'),
          profileUnusable: `${parsed.error.element}: ${parsed.error.text} (${parsed.error.reference})`,
        };
  }
  return held === undefined
    ? { ok: false, refusal: hssUnavailable('the SAA holds no user profile') }
    : { ok: true, profile: held, chargingInformation };
}
