import type { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipMessage, SipRequest } from '../../protocols/sip/message.ts';
import { header, headerValues, tagOf } from '../../protocols/sip/read.ts';

/** What the sender wants hidden from the other user. @see RFC 3323 §4.2, RFC 3325 §9.3, RFC 7044 §10.1 */
type Privacy = 'id' | 'user' | 'header' | 'session' | 'history';

const ALL: ReadonlySet<string> = new Set<Privacy>(['id', 'user', 'header', 'session', 'history']);

const NOTHING: ReadonlySet<string> = new Set();

/** Says something of the sender that a call does not need. @see RFC 3323 §5.3, RFC 5379 §5.1 */
const USER_LEVEL = ['Call-Info', 'In-Reply-To', 'Organization', 'Reply-To', 'Server', 'Subject', 'User-Agent'] as const;

/** The values that count; `none` asks that nothing be hidden. @see RFC 3323 §4.2 */
function privacyOf(message: SipMessage): ReadonlySet<string> {
  const listed = headerValues(message, 'Privacy');
  if (listed.length === 0) return NOTHING;
  const values = listed.flatMap((value) => value.split(';'));
  const tokens = values.map((token) => token.trim().toLowerCase());
  return new Set(tokens.includes('none') ? [] : tokens.filter((token) => ALL.has(token)));
}

/** True when From must not name the caller. */
export function hidesCaller(request: SipRequest): boolean {
  return privacyOf(request).has('user');
}

/**
 * Takes out of a message to a UE what its sender wants hidden. The P-CSCF is the last box of the trust domain, and does what the
 * sender's own phone could not.
 *
 * Deviation: RFC 3323 §5.1 has `header` hide Via, Contact and Record-Route too; they name boxes of the lab and connections, no user.
 * Call-ID stays with `user` (RFC 5379 §5.1.4): the two ends would know one call by two names.
 * @see RFC 3323 §5, TS 24.229 4.4.2, 5.2.6.4.3
 */
export function applyPrivacy(edit: MessageEdit<SipMessage>): void {
  const privacy = privacyOf(edit.current);
  if (privacy.has('id')) edit.remove('P-Asserted-Identity', 'Privacy: id (RFC 3325 §7)');
  if (privacy.has('user')) for (const name of USER_LEVEL) edit.remove(name, 'Privacy: user (RFC 3323 §5.3)');
  if (privacy.has('header') || privacy.has('session') || privacy.has('history')) {
    edit.remove('History-Info', 'Privacy of who was called before (RFC 7044 §10.1)');
  }
}

/** From in a message to a UE that must not know who calls; the tag stays, so that the dialog does. @see RFC 3323 §4.1.1.3 */
export function anonymousAddress(tag: string): string {
  return `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=${tag}`;
}

/** Hides the caller in a request to the UE. @see RFC 3323 §5.3 */
export function hideCaller(edit: MessageEdit<SipRequest>): void {
  edit.set('From', anonymousAddress(tagOf(edit.current, 'From')), 'Privacy: user (RFC 3323 §5.3)');
}

/** Writes From and To of a response as its request has them: the UE copied what was hidden from it. @see RFC 3261 §8.2.6.2 */
export function restoreAddresses(edit: MessageEdit<SipMessage>, request: SipRequest): void {
  const why = 'as in the request (RFC 3261 §8.2.6.2)';
  edit.set('From', header(request, 'From') ?? '', why);
  if (tagOf(request, 'To') !== '') edit.set('To', header(request, 'To') ?? '', why);
}
