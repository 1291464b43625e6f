import type { CxResult } from '../../ports/cx-client.ts';

/**
 * A result as one word: `2001` of the base protocol, `10415/2001` of 3GPP. The numbers of both overlap, the words do not.
 * @see RFC 6733 §7.1, TS 29.229 §6.2
 */
export function cxResultKey({ vendor, code }: CxResult): string {
  return vendor === 0 ? String(code) : `${vendor}/${code}`;
}
