import type { SipMessage } from '../sip/message.ts';
import { paramValue, scanParams } from '../sip/params.ts';
import { header } from '../sip/read.ts';

/** The package of registrations. @see RFC 3680 §4.1 */
export const REG_EVENT = 'reg';

/** Which event package a SUBSCRIBE or NOTIFY is about, and the subscription's id; empty texts when it says nothing. @see RFC 6665 §8.2.1 */
export function eventOf(message: SipMessage): { readonly name: string; readonly id: string } {
  const value = header(message, 'Event') ?? '';
  const [name = ''] = value.split(';');
  const scanned = scanParams(value, name.length);
  const id = scanned.ok ? paramValue(scanned.value, 'id') : undefined;
  return { name: name.trim().toLowerCase(), id: typeof id === 'string' ? id : '' };
}
