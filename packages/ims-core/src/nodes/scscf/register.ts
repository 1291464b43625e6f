import { ServerAssignmentType } from '../../ports/cx-client.ts';
import { akaPassword, verifyDigest } from '../../protocols/auth/digest.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { challenge, resynchronise } from './challenge.ts';
import type { Challenge } from './challenges.ts';
import { completeRegistration } from './complete-registration.ts';
import { note, refuse, type ScscfContext, serverAssignment } from './context.ts';
import { deregister } from './deregister.ts';
import { failAuthentication } from './fail-authentication.ts';
import { type ChallengeFit, type Credentials, decide } from './register-decision.ts';
import { type RegisterRequest, readRegister } from './register-request.ts';

/**
 * REGISTER at the S-CSCF: checks it, finds the row of the decision table, and does what it says.
 * @see TS 24.229 5.4.1.2, TS 33.203 §6.1
 */
export async function register(context: ScscfContext, incoming: IncomingRequest): Promise<void> {
  const read = readRegister(incoming.message, context.config);
  if (!read.ok) {
    refuse(incoming, read.refusal);
    return;
  }
  await context.inTurn.run(read.value.impi, () => authenticate(context, incoming, read.value));
}

async function authenticate(context: ScscfContext, incoming: IncomingRequest, request: RegisterRequest): Promise<void> {
  const pending = context.challenges.pending(request.impi);
  const credentials = credentialsOf(context, request);
  const { action, clause } = decide(credentials, fitOf(request, pending));
  switch (action) {
    case 'challenge':
      return challenge(context, incoming, request, { stale: false });
    case 'challenge stale':
      return challenge(context, incoming, request, { stale: true });
    case 'accept':
      return accept(context, incoming, request);
    case 'refuse':
      incoming.respond(403, { why: `only the P-CSCF of the UE may vouch for it (${clause})` });
      return;
    case 'fail': {
      const failure = credentials === 'empty response' ? 'AKA_MAC_FAILURE' : 'AKA_CHALLENGE_MISMATCH';
      return failAuthentication(context, incoming, request, failure, clause);
    }
    case 'resynchronise':
      return resynchronise(context, incoming, request, answered(pending));
    case 'verify': {
      // TS 33.203 §6.1.1: a vector is used once, whatever comes of it.
      const challenged = answered(pending);
      context.challenges.drop(request.impi);
      return isResponseOf(challenged, request, context.config.domain)
        ? accept(context, incoming, request)
        : failAuthentication(context, incoming, request, 'AKA_WRONG_RESPONSE', clause);
    }
  }
}

function accept(context: ScscfContext, incoming: IncomingRequest, request: RegisterRequest): Promise<void> {
  return request.deregistration
    ? deregister(context, incoming, request)
    : completeRegistration(context, incoming, request);
}

/** What the REGISTER brings, as the decision table names it. */
function credentialsOf(context: ScscfContext, request: RegisterRequest): Credentials {
  const value = (name: string): string => request.credentials.get(name) ?? '';
  if (value('integrity-protected') === 'auth-done') {
    return request.deregistration && isFromPcscfOfUe(context, request) ? 'auth-done' : 'auth-done elsewhere';
  }
  if (value('auts') !== '') return 'auts';
  if (value('response') !== '') return 'response';
  return value('nonce') === '' ? 'none' : 'empty response';
}

/** The P-CSCF shows the Path that it gave for the contact: its flow token is known to nobody else. @see RFC 5626 §5.2 */
function isFromPcscfOfUe(context: ScscfContext, request: RegisterRequest): boolean {
  const bindings = context.registrations.byImpi(request.impi)?.bindings ?? [];
  return bindings.some((binding) => binding.path.some((entry) => request.bindings.path.includes(entry)));
}

/** How the REGISTER fits to the challenge, as the decision table names it. */
function fitOf(request: RegisterRequest, pending: Challenge | undefined): ChallengeFit {
  if (pending === undefined) return 'none';
  if (request.credentials.get('nonce') !== pending.nonce) return 'unknown';
  const algorithm = request.credentials.get('algorithm') ?? pending.algorithm;
  const isSame =
    algorithm.toLowerCase() === pending.algorithm.toLowerCase() &&
    request.bindings.callId === pending.callId &&
    request.impu === pending.impu;
  return isSame ? 'answered' : 'mismatched';
}

/** The rows that act on a challenge are those where one is pending. */
function answered(pending: Challenge | undefined): Challenge {
  if (pending === undefined) throw new Error('the decision table acts on a challenge that is not there');
  return pending;
}

/**
 * Whether the response proves RES. The nonce was compared before; username and realm have to be those of the challenge.
 *
 * Deviation: RFC 7616 §3.4.6 compares the digest-uri with the Request-URI; here that is the Server-Name that the I-CSCF wrote, so the digest-uri
 * is hashed as the UE gave it.
 */
function isResponseOf(challenged: Challenge, request: RegisterRequest, realm: string): boolean {
  if (request.credentials.get('username') !== challenged.impi || request.credentials.get('realm') !== realm)
    return false;
  const { algorithm, xres, ck, ik } = challenged;
  const password = akaPassword(algorithm, { res: xres, ck, ik });
  return verifyDigest(request.credentials, { algorithm, password, method: 'REGISTER' });
}

/** reg-await-auth ran out: the HSS forgets that an authentication is under way. @see TS 24.229 5.4.1.2.1 */
export function authenticationTimeout(context: ScscfContext, challenged: Challenge): Promise<void> {
  return context.inTurn.run(challenged.impi, async () => {
    const text = `${context.nameOf(challenged.impi)} did not answer the challenge in time (TS 24.229 5.4.1.2.1)`;
    const cause = { cause: note(context, 'AKA_CHALLENGE_EXPIRED', text, null) };
    await serverAssignment(context, challenged, ServerAssignmentType.AUTHENTICATION_TIMEOUT, cause);
  });
}
