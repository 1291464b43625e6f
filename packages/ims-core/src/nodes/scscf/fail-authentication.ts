import { ServerAssignmentType } from '../../ports/cx-client.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { note, type ScscfContext, serverAssignment } from './context.ts';
import type { RegisterRequest } from './register-request.ts';

/** Why an authentication failed. */
export type AuthenticationFailure =
  | 'AKA_WRONG_RESPONSE'
  | 'AKA_MAC_FAILURE'
  | 'AKA_SYNC_FAILURE'
  | 'AKA_CHALLENGE_MISMATCH'
  | 'DIGEST_WRONG_RESPONSE'
  | 'DIGEST_CHALLENGE_MISMATCH';

const texts: Readonly<Record<AuthenticationFailure, string>> = {
  AKA_WRONG_RESPONSE: 'answered the challenge with a wrong response',
  AKA_MAC_FAILURE: 'could not verify the network: AUTN has a wrong MAC',
  AKA_SYNC_FAILURE: 'stays out of sequence with the HSS',
  AKA_CHALLENGE_MISMATCH: 'answered with another Call-ID, identity or algorithm than it was challenged with',
  DIGEST_WRONG_RESPONSE: 'answered the challenge with a wrong password',
  DIGEST_CHALLENGE_MISMATCH: 'answered with another Call-ID, identity or algorithm than it was challenged with',
};

/**
 * The UE did not prove itself: the HSS is told, the UE gets 403. A registration that exists stays as it is.
 * @see TS 24.229 5.4.1.2.3, TS 33.203 §6.1.2
 */
export async function failAuthentication(
  context: ScscfContext,
  incoming: IncomingRequest,
  request: RegisterRequest,
  failure: AuthenticationFailure,
  clause: string,
): Promise<void> {
  context.challenges.drop(request.impi);
  const text = `${context.nameOf(request.impi)} ${texts[failure]}`;
  incoming.cause = note(context, failure, `${text} (${clause})`, incoming.cause);
  await serverAssignment(context, request, ServerAssignmentType.AUTHENTICATION_FAILURE, incoming);
  incoming.respond(403, { why: `authentication failed: ${failure} (${clause})` });
}
