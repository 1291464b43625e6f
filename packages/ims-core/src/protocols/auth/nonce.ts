import { decodeBase64, encodeBase64 } from './base64.ts';
import { BLOCK_OCTETS } from './milenage.ts';
import { concat } from './octets.ts';

const AUTN_OCTETS = 16;

export type NonceResult =
  | {
      readonly ok: true;
      /** 16 octets. */
      readonly rand: Uint8Array;
      /** 16 octets. */
      readonly autn: Uint8Array;
      /** What the server put behind AUTN, often nothing. */
      readonly serverData: Uint8Array;
    }
  | { readonly ok: false; readonly code: 'AKA_NONCE_BASE64' | 'AKA_NONCE_SHORT' };

/** The nonce of a challenge: base64 of RAND ‖ AUTN. @see RFC 3310 §3.2 */
export function encodeNonce(rand: Uint8Array, autn: Uint8Array): string {
  return encodeBase64(concat(rand, autn));
}

/** RAND and AUTN of a challenge's nonce. @see RFC 3310 §3.2 */
export function decodeNonce(nonce: string): NonceResult {
  const octets = decodeBase64(nonce);
  if (octets === undefined) return { ok: false, code: 'AKA_NONCE_BASE64' };
  if (octets.length < BLOCK_OCTETS + AUTN_OCTETS) return { ok: false, code: 'AKA_NONCE_SHORT' };
  return {
    ok: true,
    rand: octets.slice(0, BLOCK_OCTETS),
    autn: octets.slice(BLOCK_OCTETS, BLOCK_OCTETS + AUTN_OCTETS),
    serverData: octets.slice(BLOCK_OCTETS + AUTN_OCTETS),
  };
}
