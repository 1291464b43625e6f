/**
 * HTTP Digest with a password of octets, as IMS AKA needs it.
 * @see RFC 7616 §3.4
 */
import { hmac } from '@noble/hashes/hmac.js';
import { md5 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { encodeBase64 } from './base64.ts';
import { concat, equalInConstantTime } from './octets.ts';

/** Algorithm names of Digest AKA as they are spelled on the wire. @see RFC 3310 §3.1, RFC 4169 §3, TS 33.203 Annex X */
export const akaAlgorithms = ['AKAv1-MD5', 'AKAv2-MD5', 'AKAv2-SHA-256'] as const;
export type AkaAlgorithm = (typeof akaAlgorithms)[number];
/** Algorithm names of Digest with a password. @see RFC 7616 §3.3, RFC 8760 §2.2 */
export const passwordAlgorithms = ['MD5', 'SHA-256'] as const;
export type PasswordAlgorithm = (typeof passwordAlgorithms)[number];
export type DigestAlgorithm = PasswordAlgorithm | AkaAlgorithm;

/** The algorithm that a header names, in any case; undefined when it is not a Digest AKA algorithm known here. */
export function akaAlgorithmOf(name: string | undefined): AkaAlgorithm | undefined {
  return algorithmOf(akaAlgorithms, name);
}

/** The same for Digest with a password. */
export function passwordAlgorithmOf(name: string | undefined): PasswordAlgorithm | undefined {
  return algorithmOf(passwordAlgorithms, name);
}

function algorithmOf<Algorithm extends string>(known: readonly Algorithm[], name = ''): Algorithm | undefined {
  const wanted = name.toLowerCase();
  for (const algorithm of known) if (algorithm.toLowerCase() === wanted) return algorithm;
  return undefined;
}

/** RES, CK and IK of one authentication: RES 4..16 octets, the keys 16 octets each. */
export interface AkaOutput {
  readonly res: Uint8Array;
  readonly ck: Uint8Array;
  readonly ik: Uint8Array;
}

const encoder = new TextEncoder();
const AKAV2_PASSWORD_LABEL = encoder.encode('http-digest-akav2-password');

/** The password of Digest AKA: the octets of RES (AKAv1), or a base64 text made from RES, IK and CK (AKAv2). @see RFC 3310 §3.3, RFC 4169 §3 */
export function akaPassword(algorithm: AkaAlgorithm, { res, ck, ik }: AkaOutput): Uint8Array {
  switch (algorithm) {
    case 'AKAv1-MD5':
      return res;
    case 'AKAv2-MD5':
      return encoder.encode(encodeBase64(hmac(md5, concat(res, ik, ck), AKAV2_PASSWORD_LABEL)));
    case 'AKAv2-SHA-256':
      return encoder.encode(encodeBase64(hmac(sha256, concat(res, ik, ck), AKAV2_PASSWORD_LABEL)));
  }
}

/** H() of the algorithm, in lower-case hex. */
function hash(algorithm: DigestAlgorithm, data: Uint8Array): string {
  return bytesToHex(algorithm.endsWith('SHA-256') ? sha256(data) : md5(data));
}

/** What both sides know: the password in raw octets, 00 included, or H(A1) made from it. */
export type DigestSecret = { readonly password: Uint8Array } | { readonly ha1: string };

export type DigestInput = DigestSecret & {
  readonly algorithm: DigestAlgorithm;
  readonly username: string;
  readonly realm: string;
  /** Empty for the `rspauth` of Authentication-Info. */
  readonly method: string;
  /** digest-uri; for REGISTER the Request-URI. */
  readonly uri: string;
  /** As it stands in the header: the base64 text, not its octets. */
  readonly nonce: string;
  /** Absent: the older form without `nc` and `cnonce`. */
  readonly qop?: { readonly nc: string; readonly cnonce: string };
};

/** H(A1) of a password of octets, in lower-case hex. @see RFC 7616 §3.4.2 */
function ha1Of(
  algorithm: DigestAlgorithm,
  { username, realm, password }: { readonly username: string; readonly realm: string; readonly password: Uint8Array },
): string {
  return hash(algorithm, concat(encoder.encode(`${username}:${realm}:`), password));
}

/** request-digest for qop `auth` or none, in lower-case hex: 32 letters for MD5, 64 for SHA-256. @see RFC 7616 §3.4.1 */
export function digestResponse(input: DigestInput): string {
  const { algorithm, method, uri, nonce, qop } = input;
  const ha1 = 'ha1' in input ? input.ha1 : ha1Of(algorithm, input);
  const ha2 = hash(algorithm, encoder.encode(`${method}:${uri}`));
  const between = qop === undefined ? nonce : `${nonce}:${qop.nc}:${qop.cnonce}:auth`;
  return hash(algorithm, encoder.encode(`${ha1}:${between}:${ha2}`));
}

/**
 * Whether the credentials of an Authorization header prove the secret. `credentials` are its parameters: lower-case
 * names, unquoted values. The caller compares nonce, realm and uri with its challenge: here they are only hashed.
 * @see RFC 7616 §3.4.6
 */
export function verifyDigest(
  credentials: ReadonlyMap<string, string>,
  expected: DigestSecret & { readonly algorithm: DigestAlgorithm; readonly method: string },
): boolean {
  const username = credentials.get('username');
  const realm = credentials.get('realm');
  const nonce = credentials.get('nonce');
  const uri = credentials.get('uri');
  const response = credentials.get('response');
  if (username === undefined || realm === undefined || nonce === undefined || uri === undefined) return false;
  if (response === undefined) return false;
  const qop = qopOf(credentials);
  if (qop === 'malformed') return false;
  const digest = digestResponse({ ...expected, username, realm, nonce, uri, ...(qop === 'none' ? {} : { qop }) });
  return equalInConstantTime(encoder.encode(digest), encoder.encode(response));
}

/** The qop part of credentials: nc is 8 hex digits and cnonce is there, or none of the three. */
function qopOf(credentials: ReadonlyMap<string, string>): { nc: string; cnonce: string } | 'none' | 'malformed' {
  const qop = credentials.get('qop');
  if (qop === undefined) return 'none';
  const nc = credentials.get('nc');
  const cnonce = credentials.get('cnonce');
  if (qop.toLowerCase() !== 'auth' || nc === undefined || cnonce === undefined) return 'malformed';
  return /^[0-9a-fA-F]{8}$/.test(nc) ? { nc, cnonce } : 'malformed';
}
