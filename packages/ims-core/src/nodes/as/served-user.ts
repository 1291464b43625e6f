import type { SipRequest } from '../../protocols/sip/message.ts';
import { param, parseNameAddr } from '../../protocols/sip/name-addr.ts';
import { header } from '../../protocols/sip/read.ts';
import { canonicalIdentity } from '../../protocols/sip/uri.ts';

/** For whom the S-CSCF asks the application server, as P-Served-User says it. */
export interface ServedUser {
  /** Public user identity in canonical form. */
  readonly identity: string;
  readonly registered: boolean;
}

/** The served user of a terminating request; the one who is called when no P-Served-User says it. @see RFC 5502 §6 */
export function servedUser(message: SipRequest): ServedUser | undefined {
  const value = header(message, 'P-Served-User');
  const address = value === undefined ? undefined : parseNameAddr(value);
  const identity = canonicalIdentity(address?.ok ? address.value.uriText : message.uri);
  if (identity === undefined) return undefined;
  return { identity, registered: !(address?.ok && param(address.value, 'regstate') === 'unreg') };
}
