import { ServerAssignmentType } from '../../ports/cx-client.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { challenge, resynchronise } from './challenge.ts';
import type { AkaChallenge, Challenge } from './challenges.ts';
import { completeRegistration } from './complete-registration.ts';
import { note, refuse, type ScscfContext, serverAssignment } from './context.ts';
import { deregister } from './deregister.ts';
import type { ProvenNonce } from './digest-nonces.ts';
import { type AuthenticationFailure, failAuthentication } from './fail-authentication.ts';
import { type ChallengeFit, type Credentials, decide } from './register-decision.ts';
import { type RegisterRequest, readRegister } from './register-request.ts';
import { nonceCount, verifyResponse } from './verify-response.ts';

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
  const known = {
    pending: context.challenges.pending(request.impi),
    // A nonce serves again as long as its user is registered.
    proven: context.registrations.byImpi(request.impi) && context.digestNonces.byImpi(request.impi),
  };
  const credentials = credentialsOf(context, request);
  const { action, clause } = decide(credentials, fitOf(request, known));
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
    case 'fail':
      return failAuthentication(context, incoming, request, failureOf(credentials, known), clause);
    case 'resynchronise':
      return resynchronise(context, incoming, request, cardChallenge(known));
    case 'verify': {
      const verdict = verifyResponse(context, request, namedNonce(request, known));
      return verdict.ok
        ? accept(context, incoming, { ...request, ...verdict })
        : failAuthentication(context, incoming, request, verdict.failure, clause);
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

/** The nonces of this user: of the challenge under way, and the one with which it registered by its password. */
interface KnownNonces {
  readonly pending: Challenge | undefined;
  readonly proven: ProvenNonce | undefined;
}

/** How the REGISTER fits to them, as the decision table names it. */
function fitOf(request: RegisterRequest, { pending, proven }: KnownNonces): ChallengeFit {
  const nonce = request.credentials.get('nonce');
  if (nonce === pending?.nonce && pending !== undefined)
    return isAnswerTo(pending, request) ? 'answered' : 'mismatched';
  if (nonce === proven?.nonce && proven !== undefined) return nonceCount(request) > proven.count ? 'reused' : 'spent';
  return pending === undefined ? 'none' : 'unknown';
}

function isAnswerTo(pending: Challenge, { credentials, bindings, impu }: RegisterRequest): boolean {
  const algorithm = credentials.get('algorithm') ?? pending.algorithm;
  return (
    algorithm.toLowerCase() === pending.algorithm.toLowerCase() &&
    bindings.callId === pending.callId &&
    impu === pending.impu &&
    // Only a card is out of sequence.
    (pending.scheme === 'Digest-AKAv1-MD5' || (credentials.get('auts') ?? '') === '')
  );
}

/** The nonce that the REGISTER names; the rows that verify are those where it is known. */
function namedNonce({ credentials }: RegisterRequest, { pending, proven }: KnownNonces): Challenge | ProvenNonce {
  const named = [pending, proven].find((each) => each !== undefined && each.nonce === credentials.get('nonce'));
  if (named === undefined) throw new Error('the decision table verifies a nonce that is not there');
  return named;
}

/** The challenge to the card; the row that resynchronises is the one where it is pending. */
function cardChallenge({ pending }: KnownNonces): AkaChallenge {
  if (pending?.scheme !== 'Digest-AKAv1-MD5') throw new Error('the decision table resynchronises no card');
  return pending;
}

function failureOf(credentials: Credentials, { pending }: KnownNonces): AuthenticationFailure {
  const hasCard = pending?.scheme !== 'SIP Digest';
  if (credentials === 'empty response') return hasCard ? 'AKA_MAC_FAILURE' : 'DIGEST_WRONG_RESPONSE';
  return hasCard ? 'AKA_CHALLENGE_MISMATCH' : 'DIGEST_CHALLENGE_MISMATCH';
}

/** reg-await-auth ran out: the HSS forgets that an authentication is under way. @see TS 24.229 5.4.1.2.1 */
export function authenticationTimeout(context: ScscfContext, challenged: Challenge): Promise<void> {
  return context.inTurn.run(challenged.impi, async () => {
    const code = challenged.scheme === 'SIP Digest' ? 'DIGEST_CHALLENGE_EXPIRED' : 'AKA_CHALLENGE_EXPIRED';
    const text = `${context.nameOf(challenged.impi)} did not answer the challenge in time (TS 24.229 5.4.1.2.1)`;
    const cause = { cause: note(context, code, text, null) };
    await serverAssignment(context, challenged, ServerAssignmentType.AUTHENTICATION_TIMEOUT, cause);
  });
}
