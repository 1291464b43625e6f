import type { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { headerValues } from '../../protocols/sip/read.ts';

/**
 * What the UE prefers becomes what the network asserts; application servers and filter criteria look at that.
 *
 * Deviation: TS 24.229 5.4.3.2 refuses a service or media that the subscription does not allow (403, 488); the lab allows every user everything.
 * @see TS 24.229 5.4.3.2 step 3, RFC 6050 §4
 */
export function assertService(edit: MessageEdit<SipRequest>): void {
  const preferred = headerValues(edit.current, 'P-Preferred-Service');
  if (preferred.length === 0) return;
  const why = 'the service that the UE prefers (TS 24.229 5.4.3.2, RFC 6050 §4)';
  edit.remove('P-Preferred-Service', why);
  if (headerValues(edit.current, 'P-Asserted-Service').length === 0) {
    edit.set('P-Asserted-Service', preferred[0] ?? '', why);
  }
}
