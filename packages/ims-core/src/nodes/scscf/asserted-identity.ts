import { parseNameAddr } from '../../protocols/sip/name-addr.ts';
import { canonicalIdentity } from '../../protocols/sip/uri.ts';

/** Canonical form of a P-Asserted-Identity value; undefined when it names no public identity. @see RFC 3325 §9.1 */
export function assertedIdentity(value: string | undefined): string | undefined {
  const parsed = parseNameAddr(value ?? '');
  return parsed.ok ? canonicalIdentity(parsed.value.uriText) : undefined;
}
