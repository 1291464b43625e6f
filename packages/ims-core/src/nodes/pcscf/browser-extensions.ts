import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import type { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { contentType, hasOption } from '../../protocols/sip/read.ts';
import { isWebSocket } from './own-uris.ts';
import type { Binding } from './registrations.ts';

/**
 * Extensions of an INVITE that a browser's SIP stack would accept and not do. An IMS phone offers them in Supported (TS 24.229
 * 5.1.3.1), so a call without them goes on at once.
 * @see RFC 3262, RFC 3312
 */
const NOT_FOR_BROWSERS = ['100rel', 'precondition'] as const;

/**
 * True when this box has to send a browser's provisional responses reliably in its name. Without an offer in the INVITE it cannot: the first
 * reliable response would have to bring one (RFC 3262 §5).
 * @see TS 24.229 5.2.7.3
 */
export function needsReliableResponses(message: SipRequest, binding: Binding): boolean {
  return (
    isWebSocket(binding.flow) &&
    message.method === 'INVITE' &&
    hasOption(message, 'Require', '100rel') &&
    contentType(message) === 'application/sdp'
  );
}

/**
 * Answers 420 for a browser where it would only pretend; true when it did.
 * @param done extensions that this box does in its name
 */
export function refuseBrowserExtensions(
  incoming: IncomingRequest,
  binding: Binding,
  done: readonly string[] = [],
): boolean {
  const { message } = incoming;
  if (!isWebSocket(binding.flow) || message.method !== 'INVITE') return false;
  const required = NOT_FOR_BROWSERS.filter((option) => !done.includes(option) && hasOption(message, 'Require', option));
  if (required.length === 0) return false;
  incoming.respond(420, {
    headers: [['Unsupported', required.join(', ')]],
    why: 'the browser of this UE does not do the required extension (RFC 3261 §8.2.2.3)',
  });
  return true;
}

/** Offers a browser, and asks of it, only what it does. */
export function stripBrowserExtensions(edit: MessageEdit<SipRequest>, binding: Binding): void {
  if (!isWebSocket(binding.flow)) return;
  for (const option of NOT_FOR_BROWSERS) {
    edit
      .removeOption('Supported', option, 'the browser of this UE does not do it (RFC 3262 §3)')
      .removeOption('Require', option, 'this box does it in the name of the browser (TS 24.229 5.2.7.3)');
  }
}
