import { encodeBase64 } from './base64.ts';
import type { Card } from './card.ts';
import { type AkaAlgorithm, akaAlgorithmOf, akaPassword, digestResponse } from './digest.ts';
import { decodeNonce } from './nonce.ts';

/** A UE uses each AKA nonce once, so its count never passes 1. @see RFC 3310 §3.3 */
const NONCE_COUNT = '00000001';

/** One parameter of a header: name, value, whether the value stands in quotes. */
export type AuthParam = readonly [name: string, value: string, quoted: boolean];

export type ChallengeErrorCode =
  | 'AKA_CHALLENGE_INCOMPLETE'
  | 'AKA_ALGORITHM_UNKNOWN'
  | 'AKA_QOP_UNKNOWN'
  | 'AKA_NONCE_BASE64'
  | 'AKA_NONCE_SHORT';

/** What the UE sends back: the card accepted the challenge, found it out of sequence, or does not know its sender. */
export type ChallengeAnswer =
  | { readonly kind: 'ok' | 'sync-failure' | 'mac-failure'; readonly params: readonly AuthParam[] }
  | { readonly kind: 'unusable'; readonly code: ChallengeErrorCode };

export interface ChallengedRequest {
  readonly method: string;
  /** The Request-URI. */
  readonly uri: string;
  readonly cnonce: string;
  /** The IMPI. */
  readonly username: string;
}

/**
 * The Authorization parameters that answer a WWW-Authenticate challenge (lower-case names, unquoted values).
 * @see RFC 3310 §3.3-§3.5, TS 24.229 5.1.1.5.1, 5.1.1.5.3
 */
export function authorizationForChallenge(
  card: Card,
  challenge: ReadonlyMap<string, string>,
  { method, uri, cnonce, username }: ChallengedRequest,
): ChallengeAnswer {
  const realm = challenge.get('realm');
  const nonce = challenge.get('nonce');
  if (realm === undefined || nonce === undefined) return { kind: 'unusable', code: 'AKA_CHALLENGE_INCOMPLETE' };
  const algorithm = akaAlgorithmOf(challenge.get('algorithm'));
  if (algorithm === undefined) return { kind: 'unusable', code: 'AKA_ALGORITHM_UNKNOWN' };
  const qopOffer = challenge.get('qop');
  if (qopOffer !== undefined && !offersAuth(qopOffer)) return { kind: 'unusable', code: 'AKA_QOP_UNKNOWN' };
  const decoded = decodeNonce(nonce);
  if (!decoded.ok) return { kind: 'unusable', code: decoded.code };

  const qop = qopOffer === undefined ? undefined : { nc: NONCE_COUNT, cnonce };
  const answer = (password: Uint8Array): readonly AuthParam[] => [
    ...identityParams(username, realm, uri, nonce, algorithm),
    [
      'response',
      digestResponse({ algorithm, username, realm, password, method, uri, nonce, ...(qop && { qop }) }),
      true,
    ],
    ...qopParams(qop),
    ...opaqueParam(challenge),
  ];

  const result = card.authenticate(decoded.rand, decoded.autn);
  switch (result.kind) {
    case 'ok':
      return { kind: 'ok', params: answer(akaPassword(algorithm, result)) };
    case 'sync-failure':
      // The password is empty, AUTS says why. @see RFC 3310 §3.4
      return {
        kind: 'sync-failure',
        params: [...answer(new Uint8Array()), ['auts', encodeBase64(result.auts), true]],
      };
    case 'mac-failure':
      // Neither AUTS nor a digest: the network did not prove itself. @see TS 24.229 5.1.1.5.3
      return {
        kind: 'mac-failure',
        params: [...identityParams(username, realm, uri, nonce, algorithm), ['response', '', true]],
      };
  }
}

function offersAuth(qop: string): boolean {
  return qop.split(',').some((value) => value.trim().toLowerCase() === 'auth');
}

function identityParams(
  username: string,
  realm: string,
  uri: string,
  nonce: string,
  algorithm: AkaAlgorithm,
): readonly AuthParam[] {
  return [
    ['username', username, true],
    ['realm', realm, true],
    ['uri', uri, true],
    ['nonce', nonce, true],
    ['algorithm', algorithm, false],
  ];
}

function qopParams(qop: { readonly nc: string; readonly cnonce: string } | undefined): readonly AuthParam[] {
  if (qop === undefined) return [];
  return [
    ['qop', 'auth', false],
    ['nc', qop.nc, false],
    ['cnonce', qop.cnonce, true],
  ];
}

/** `opaque` goes back as it came. @see RFC 7616 §3.3 */
function opaqueParam(challenge: ReadonlyMap<string, string>): readonly AuthParam[] {
  const opaque = challenge.get('opaque');
  return opaque === undefined ? [] : [['opaque', opaque, true]];
}
