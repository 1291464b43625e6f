import type { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipMessage } from '../../protocols/sip/message.ts';
import { type NameAddr, parseNameAddr, serializeNameAddr } from '../../protocols/sip/name-addr.ts';
import { headerValues } from '../../protocols/sip/read.ts';
import { type Binding, registeredIdentity } from './registrations.ts';

/** The identity a UE prefers, when it is one that is registered. @see TS 24.229 5.2.6.3.1, RFC 3325 §6 */
export function preferredIdentity(binding: Binding, message: SipMessage): NameAddr | undefined {
  for (const value of headerValues(message, 'P-Preferred-Identity')) {
    const preferred = parseNameAddr(value);
    const identity = preferred.ok ? registeredIdentity(binding, preferred.value.uriText) : undefined;
    if (identity !== undefined) return identity;
  }
  return undefined;
}

/** Says who the UE is, in the network's words; what the UE wished is taken out. From is not believed. @see RFC 3325 §5 */
export function assertIdentity<M extends SipMessage>(
  edit: MessageEdit<M>,
  identity: NameAddr | undefined,
  why: string,
): MessageEdit<M> {
  edit.remove('P-Preferred-Identity', 'a wish to the P-CSCF, answered by P-Asserted-Identity (RFC 3325 §9.2)');
  return identity === undefined ? edit : edit.append('P-Asserted-Identity', serializeNameAddr(identity), why);
}
