/** Identifiers that nobody can guess. @see RFC 3261 §19.3 */
import type { Random } from '../../ports/random.ts';
import { MAGIC_COOKIE } from './via.ts';

const TAG_OCTETS = 8;
const BRANCH_OCTETS = 12;
const CALL_ID_OCTETS = 16;

const HEX_DIGITS = '0123456789abcdef';

/** Octets in lower-case hex. Made from character codes at once: a text put together piece by piece keeps all its pieces. */
export function hex(bytes: Uint8Array): string {
  const codes: number[] = [];
  for (const octet of bytes) codes.push(HEX_DIGITS.charCodeAt(octet >> 4), HEX_DIGITS.charCodeAt(octet & 15));
  return String.fromCharCode(...codes);
}

/** A From or To tag of 64 random bits. */
export function newTag(random: Random): string {
  return hex(random.bytes(TAG_OCTETS));
}

/** A Via branch: magic cookie and 96 random bits. */
export function newBranch(random: Random): string {
  return `${MAGIC_COOKIE}${hex(random.bytes(BRANCH_OCTETS))}`;
}

/** A Call-ID of 128 random bits, with `@host` when a host is given. */
export function newCallId(random: Random, host?: string): string {
  const word = hex(random.bytes(CALL_ID_OCTETS));
  return host === undefined ? word : `${word}@${host}`;
}
