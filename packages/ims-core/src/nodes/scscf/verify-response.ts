import { akaPassword, digestResponse, verifyDigest } from '../../protocols/auth/digest.ts';
import { quotedString } from '../../protocols/sip/quoted-string.ts';
import type { AkaChallenge, Challenge, DigestChallenge } from './challenges.ts';
import type { ScscfContext } from './context.ts';
import { isRightDigest } from './digest-challenge.ts';
import type { ProvenNonce } from './digest-nonces.ts';
import type { RegisterRequest } from './register-request.ts';

export type Verdict =
  | {
      readonly ok: true;
      /** Proves the network to a phone with a password. */
      readonly authenticationInfo?: string;
    }
  | { readonly ok: false; readonly failure: 'AKA_WRONG_RESPONSE' | 'DIGEST_WRONG_RESPONSE' };

/**
 * Compares the response with what its nonce stands for: the challenge under way, or an earlier one of SIP Digest.
 * @see TS 24.229 5.4.1.2.2, TS 33.203 §6.1.1, N.2.1
 */
export function verifyResponse(
  context: ScscfContext,
  request: RegisterRequest,
  nonce: Challenge | ProvenNonce,
): Verdict {
  // TS 33.203 §6.1.1: a vector is used once, whatever comes of it.
  if (nonce === context.challenges.pending(request.impi)) context.challenges.drop(request.impi);
  if (nonce.scheme === 'Digest-AKAv1-MD5') {
    return provesRes(request, nonce, context.config.domain)
      ? { ok: true }
      : { ok: false, failure: 'AKA_WRONG_RESPONSE' };
  }
  if (!isRightDigest(request, nonce)) return { ok: false, failure: 'DIGEST_WRONG_RESPONSE' };
  const { scheme, realm, algorithm, qop, ha1, madeAtMs } = nonce;
  const proven = { scheme, realm, algorithm, qop, ha1, madeAtMs, nonce: nonce.nonce, count: nonceCount(request) };
  context.digestNonces.put(request.impi, proven);
  const info = authenticationInfo(request, nonce);
  return { ok: true, ...(info !== undefined && { authenticationInfo: info }) };
}

/**
 * Whether the response proves RES. The nonce was compared before; username and realm have to be those of the challenge.
 *
 * Deviation: RFC 7616 §3.4.6 compares the digest-uri with the Request-URI; here that is the Server-Name that the I-CSCF wrote, so the digest-uri
 * is hashed as the UE gave it.
 */
function provesRes({ credentials }: RegisterRequest, challenged: AkaChallenge, realm: string): boolean {
  if (credentials.get('username') !== challenged.impi || credentials.get('realm') !== realm) return false;
  const { algorithm, xres, ck, ik } = challenged;
  const password = akaPassword(algorithm, { res: xres, ck, ik });
  return verifyDigest(credentials, { algorithm, password, method: 'REGISTER' });
}

/** `nc` as a number; 0 without one. @see RFC 7616 §3.4 */
export function nonceCount({ credentials }: RegisterRequest): number {
  const count = credentials.get('nc') ?? '';
  return /^[0-9a-fA-F]{8}$/.test(count) ? Number.parseInt(count, 16) : 0;
}

/** Authentication-Info after a right digest; undefined when the phone used no qop. @see RFC 7616 §3.5 */
function authenticationInfo(
  { credentials }: RegisterRequest,
  { realm, algorithm, ha1, nonce }: DigestChallenge | ProvenNonce,
): string | undefined {
  const [qop, username, uri, nc, cnonce] = ['qop', 'username', 'uri', 'nc', 'cnonce'].map((name) =>
    credentials.get(name),
  );
  if (qop === undefined || username === undefined || uri === undefined) return undefined;
  if (nc === undefined || cnonce === undefined) return undefined;
  const rspauth = digestResponse({ algorithm, ha1, username, realm, method: '', uri, nonce, qop: { nc, cnonce } });
  return `qop=auth, rspauth="${rspauth}", cnonce=${quotedString(cnonce)}, nc=${nc}`;
}
