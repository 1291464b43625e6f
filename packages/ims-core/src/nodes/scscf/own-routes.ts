import type { SipFlow } from '../../ports/sip-transport.ts';
import type { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import type { NameAddr } from '../../protocols/sip/name-addr.ts';
import { uriParam } from '../../protocols/sip/uri.ts';
import type { ScscfConfig } from './config.ts';

/** Who stands next to this box on the path: the P-CSCF of its user, an application server, or the other user's network. */
export type Side = 'pcscf' | 'as' | 'core';

/** One visit of a request at this box: which user it is served for, and who stands before and behind. */
export interface Pass {
  readonly role: 'orig' | 'term';
  /** Towards the caller, towards the called user. */
  readonly sides: readonly [caller: Side, called: Side];
}

/** The passes of a session without application servers have short names. */
const plainSides = { orig: ['pcscf', 'core'], term: ['core', 'pcscf'] } as const;

/** What an own Route entry means on an initial request. */
export type OwnEntry =
  | { readonly kind: 'service route'; readonly token: string; readonly uri: string } // made by a user registered here
  | { readonly kind: 'original dialog'; readonly token: string } // an application server returns it
  | { readonly kind: 'orig' } // made by an application server for a user of ours
  | { readonly kind: 'other' };

/** Over what an own entry is to be reached. Mw is TCP; an application server whose name says UDP, or that speaks it, may know nothing else. */
export type OwnTransport = 'tcp' | 'udp';

/** Methods of requests that make a dialog. */
const MAKING_DIALOGS: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'REFER']);

/** Begin the user part of a Service-Route and of an original dialog identifier. */
const ORIGINATING_MARK = 'orig-';
const ORIGINAL_DIALOG_MARK = 'odi-';

/** @see RFC 3608, TS 24.229 5.4.1.2.2 */
export function serviceRoute(config: ScscfConfig, token: string): string {
  return ownEntry(config, `${ORIGINATING_MARK}${token}`);
}

/** Leads a request back to the service chain that it left. @see TS 24.229 5.4.3.2, 5.4.3.4 */
export function originalDialogRoute(config: ScscfConfig, token: string, transport: OwnTransport): string {
  return ownEntry(config, `${ORIGINAL_DIALOG_MARK}${token}`, transport);
}

/**
 * Keeps this box on the path of the dialog that a request makes; of one that makes none nothing is kept.
 * @param why for the ladder
 * @see TS 24.229 5.4.3.2, 5.4.3.3, RFC 3261 §16.6 step 4
 */
export function stayOnPath(
  edit: MessageEdit<SipRequest>,
  config: ScscfConfig,
  { role, sides }: Pass,
  transport: OwnTransport,
  why: string,
): void {
  if (!MAKING_DIALOGS.has(edit.current.method)) return;
  const isPlain = sides.join() === plainSides[role].join();
  const user = isPlain ? role : `${role}.${sides.join('-')}`;
  edit.prepend('Record-Route', ownEntry(config, user, transport), why);
}

/** Over what a pass is reached from the side that gave the request to this box. */
export function transportFrom(from: Side, flow: SipFlow): OwnTransport {
  return from === 'as' && flow.transport === 'UDP' ? 'udp' : 'tcp';
}

export function readOwnEntry(entry: NameAddr): OwnEntry {
  const user = userPart(entry);
  if (user.startsWith(ORIGINATING_MARK)) {
    return { kind: 'service route', token: user.slice(ORIGINATING_MARK.length), uri: entry.uriText };
  }
  if (user.startsWith(ORIGINAL_DIALOG_MARK)) {
    return { kind: 'original dialog', token: user.slice(ORIGINAL_DIALOG_MARK.length) };
  }
  return { kind: uriParam(entry.uri, 'orig') === undefined ? 'other' : 'orig' };
}

/** Who stood next to this box when it wrote this Record-Route. */
export function sidesOf(entry: NameAddr): Pass['sides'] {
  const [role, caller, called] = userPart(entry).split(/[.-]/);
  if (isSide(caller) && isSide(called)) return [caller, called];
  return role === 'term' ? plainSides.term : plainSides.orig;
}

function isSide(text: string | undefined): text is Side {
  return text === 'pcscf' || text === 'as' || text === 'core';
}

function userPart({ uri }: NameAddr): string {
  return uri.kind === 'sip' ? (uri.user ?? '') : '';
}

/** Without the parameter a URI with a port means UDP (RFC 3263 §4.1): each entry says what it is. */
function ownEntry(config: ScscfConfig, user: string, transport: OwnTransport = 'tcp'): string {
  return `<${config.uri.replace(/^sip:/, `sip:${user}@`)};transport=${transport};lr>`;
}
