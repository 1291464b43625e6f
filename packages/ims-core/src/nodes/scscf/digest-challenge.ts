import { verifyDigest } from '../../protocols/auth/digest.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { serializeAuth } from '../../protocols/sip/auth-params.ts';
import { hex } from '../../protocols/sip/ids.ts';
import type { DigestSecrets } from './authentication-data.ts';
import { DIGEST_NONCE_OCTETS } from './config.ts';
import type { ScscfContext } from './context.ts';
import type { RegisterRequest } from './register-request.ts';

/**
 * 401 with a nonce of this box, for a phone that has a password and no card; the timer reg-await-auth runs.
 * The nonce of a right digest is called stale, so that the phone tries again without asking anyone.
 * @see TS 33.203 N.2.1, RFC 7616 §3.3
 */
export function digestChallenge(
  context: ScscfContext,
  incoming: IncomingRequest,
  request: RegisterRequest,
  secrets: DigestSecrets,
): void {
  const { impi, impu } = request;
  const { realm, algorithm, qop } = secrets;
  const nonce = hex(context.random.bytes(DIGEST_NONCE_OCTETS));
  context.challenges.put({
    ...secrets,
    impi,
    impu,
    callId: request.bindings.callId,
    nonce,
    madeAtMs: context.clock.now(),
  });
  const wwwAuthenticate = serializeAuth('Digest', [
    ['realm', realm, true],
    ['nonce', nonce, true],
    ['algorithm', algorithm, false],
    ['qop', qop, true],
    ...(isRightDigest(request, secrets) ? ([['stale', 'true', false]] as const) : []),
  ]);
  incoming.respond(401, {
    headers: [['WWW-Authenticate', wwwAuthenticate]],
    why: 'challenge with a nonce of this S-CSCF (TS 33.203 N.2.1)',
  });
}

/** Whether the credentials prove the password, whatever their nonce: the caller knows whether it is one of ours. @see RFC 7616 §3.4.6 */
export function isRightDigest(
  { impi, credentials }: RegisterRequest,
  { realm, algorithm, ha1 }: Pick<DigestSecrets, 'realm' | 'algorithm' | 'ha1'>,
): boolean {
  const isTheirs = credentials.get('username') === impi && credentials.get('realm') === realm;
  return isTheirs && verifyDigest(credentials, { algorithm, ha1, method: 'REGISTER' });
}
