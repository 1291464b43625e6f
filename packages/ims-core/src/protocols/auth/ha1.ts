import { md5 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** H(A1) of SIP Digest, in lower-case hex: what the HSS keeps in place of the password. @see RFC 7616 §3.4.2, TS 33.203 Annex N */
export function digestHa1(
  algorithm: 'MD5' | 'SHA-256',
  { username, realm, password }: { readonly username: string; readonly realm: string; readonly password: string },
): string {
  const a1 = utf8ToBytes(`${username}:${realm}:${password}`);
  return bytesToHex(algorithm === 'SHA-256' ? sha256(a1) : md5(a1));
}
