import type { NameAddr } from '../../protocols/sip/name-addr.ts';
import type { ScscfConfig } from './config.ts';

/** Which side of a session this box serves: the caller's or the called user's. Stands in its Record-Route. */
export type Pass = 'orig' | 'term';

/** Begins the user part of a Service-Route: a request that comes by it is made by a user registered here. */
const ORIGINATING_MARK = 'orig-';

/** @see RFC 3608, TS 24.229 5.4.1.2.2 */
export function serviceRoute(config: ScscfConfig, token: string): string {
  return ownEntry(config, `${ORIGINATING_MARK}${token}`);
}

/** @see TS 24.229 5.4.3.2, 5.4.3.3 */
export function recordRoute(config: ScscfConfig, pass: Pass): string {
  return ownEntry(config, pass);
}

/** The token of a Service-Route entry; undefined when the entry has none. */
export function serviceRouteToken(entry: NameAddr): string | undefined {
  const user = entry.uri.kind === 'sip' ? (entry.uri.user ?? '') : '';
  return user.startsWith(ORIGINATING_MARK) ? user.slice(ORIGINATING_MARK.length) : undefined;
}

/** Mw is TCP and says so: without the parameter a URI with a port means UDP (RFC 3263 §4.1). */
function ownEntry(config: ScscfConfig, user: string): string {
  return `<${config.uri.replace(/^sip:/, `sip:${user}@`)};transport=tcp;lr>`;
}

/** Requests that make a dialog. @see TS 24.229 5.4.3.2, RFC 3261 §16.6 step 4 */
export function isRecordRouted(method: string): boolean {
  return method === 'INVITE' || method === 'SUBSCRIBE' || method === 'REFER';
}
