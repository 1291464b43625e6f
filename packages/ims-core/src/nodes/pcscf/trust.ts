import type { MessageEdit } from '../../protocols/sip/edit.ts';
import { headerKey } from '../../protocols/sip/header-registry.ts';
import type { SipMessage } from '../../protocols/sip/message.ts';
import { hasOption, headerValues } from '../../protocols/sip/read.ts';
import { applyPrivacy } from './privacy.ts';

const FROM_UE = 'asserted by a UE, outside the trust domain (TS 24.229 4.4)';
const TOWARDS_UE = 'for the trust domain only (TS 24.229 4.4)';
const NO_SEC_AGREE = 'no security agreement over this access (TS 33.203 X.2.3)';

/** Only the network says these things; a UE that does is not believed. */
const REMOVED_FROM_UE = [
  'P-Asserted-Identity',
  'P-Asserted-Service',
  'P-Associated-URI',
  'P-Charging-Vector',
  'P-Charging-Function-Addresses',
  'P-Served-User',
  'P-Profile-Key',
  'P-User-Database',
  'P-Visited-Network-ID',
  'P-Early-Media',
  'Feature-Caps',
  'History-Info',
  'Diversion',
  'Resource-Priority',
  'Service-Route',
] as const;

/** A caller has not been called, and is no proxy: the way of a dialog or of a registration begins at this box. */
const REMOVED_FROM_UE_REQUEST = headerSet(...REMOVED_FROM_UE, 'P-Called-Party-ID', 'Record-Route', 'Path');

const REMOVED_FROM_UE_RESPONSE = headerSet(...REMOVED_FROM_UE, 'Reason');

const SECURITY_AGREEMENT = headerSet('Security-Client', 'Security-Verify');
const OPTION_LISTS = ['Require', 'Proxy-Require', 'Supported'] as const;

const REMOVED_TOWARDS_UE = headerSet(
  'P-Charging-Vector',
  'P-Charging-Function-Addresses',
  'P-Served-User',
  'P-Profile-Key',
  'P-User-Database',
  'P-Visited-Network-ID',
  'P-Access-Network-Info',
);

/** Header names with the keys by which they are found. */
interface HeaderSet {
  readonly names: readonly string[];
  readonly keys: ReadonlySet<string>;
}

function headerSet(...names: readonly string[]): HeaderSet {
  return { names, keys: new Set(names.map(headerKey)) };
}

/** Takes out of a UE's message what only the trust domain may say. @see TS 24.229 4.4, RFC 3325 §5 */
export function distrustUe<M extends SipMessage>(edit: MessageEdit<M>): MessageEdit<M> {
  const removed = edit.current.kind === 'request' ? REMOVED_FROM_UE_REQUEST : REMOVED_FROM_UE_RESPONSE;
  removeSet(edit, removed, FROM_UE);
  removeSet(edit, SECURITY_AGREEMENT, NO_SEC_AGREE);
  for (const name of OPTION_LISTS) {
    if (hasOption(edit.current, name, 'sec-agree')) edit.removeOption(name, 'sec-agree', NO_SEC_AGREE);
  }
  return dropNetworkProvidedAccess(edit);
}

/** Takes out of a message to a UE what must stay inside the trust domain. @see TS 24.229 4.4 */
export function hideFromUe<M extends SipMessage>(edit: MessageEdit<M>): MessageEdit<M> {
  removeSet(edit, REMOVED_TOWARDS_UE, TOWARDS_UE);
  applyPrivacy(edit);
  return edit;
}

/** Most messages have none of them: one look at each line finds that out. */
function removeSet(edit: MessageEdit<SipMessage>, { names, keys }: HeaderSet, why: string): void {
  if (!edit.current.headers.some(({ key }) => keys.has(key))) return;
  for (const name of names) edit.remove(name, why);
}

/** A UE names its access itself; `network-provided` is the word of a proxy. @see RFC 7315 §4.4 */
function dropNetworkProvidedAccess<M extends SipMessage>(edit: MessageEdit<M>): MessageEdit<M> {
  const values = headerValues(edit.current, 'P-Access-Network-Info');
  if (!values.some(isNetworkProvided)) return edit;
  const kept = values.filter((value) => !isNetworkProvided(value));
  if (kept.length === 0) return edit.remove('P-Access-Network-Info', FROM_UE);
  return edit.set('P-Access-Network-Info', kept.join(', '), FROM_UE);
}

function isNetworkProvided(value: string): boolean {
  const unquoted = value.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  return unquoted.split(';').some((part) => part.trim().toLowerCase() === 'network-provided');
}
