import type { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipMessage } from '../../protocols/sip/message.ts';
import { parseNameAddr } from '../../protocols/sip/name-addr.ts';
import { quotedString } from '../../protocols/sip/quoted-string.ts';
import { fromOf, headerValues } from '../../protocols/sip/read.ts';
import type { BindingsOnFlow } from './bindings-on-flow.ts';
import { type Binding, type PublicIdentity, registeredIdentity } from './registrations.ts';

/**
 * Which of the UEs registered on a flow sends an initial request: the one whose identity it prefers, else the one in From, else the
 * only one. Undefined when that leaves several. The choice is among UEs that authenticated on this very flow, so that a name in a
 * request never reaches a UE that is elsewhere.
 * @see TS 24.229 5.2.6.3.1
 */
export function senderOf(onFlow: BindingsOnFlow, message: SipMessage): Binding | undefined {
  for (const value of headerValues(message, 'P-Preferred-Identity')) {
    const preferred = parseNameAddr(value);
    const sender = preferred.ok ? onFlow.byImpu(preferred.value.uriText) : undefined;
    if (sender !== undefined) return sender;
  }
  return onFlow.byImpu(fromOf(message)?.uriText ?? '') ?? onFlow.only;
}

/** The identity a UE prefers, when it is one that is registered. @see TS 24.229 5.2.6.3.1, RFC 3325 §6 */
export function preferredIdentity(binding: Binding, message: SipMessage): PublicIdentity | undefined {
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
  identity: PublicIdentity | undefined,
  why: string,
): MessageEdit<M> {
  edit.remove('P-Preferred-Identity', 'a wish to the P-CSCF, answered by P-Asserted-Identity (RFC 3325 §9.2)');
  if (identity === undefined) return edit;
  const displayName = identity.displayName === '' ? '' : `${quotedString(identity.displayName)} `;
  return edit.append('P-Asserted-Identity', `${displayName}<${identity.uriText}>`, why);
}
