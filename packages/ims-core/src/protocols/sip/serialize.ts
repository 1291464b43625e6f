/**
 * Message to octets.
 * @see RFC 3261 §7
 */
import type { SipMessage } from './message.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function startLineOf(message: SipMessage): string {
  return message.kind === 'request'
    ? `${message.method} ${message.uri} SIP/2.0`
    : `SIP/2.0 ${message.status} ${message.reason}`;
}

/** Start line, header lines as spelled, one Content-Length that is right, and the empty line. */
function headOf(message: SipMessage): string {
  let head = `${startLineOf(message)}\r\n`;
  let hasLength = false;
  for (const { name, key, value } of message.headers) {
    if (key !== 'content-length') {
      head += `${name}: ${value}\r\n`;
    } else if (!hasLength) {
      hasLength = true;
      head += `${name}: ${message.body.length}\r\n`;
    }
  }
  return hasLength ? `${head}\r\n` : `${head}Content-Length: ${message.body.length}\r\n\r\n`;
}

/**
 * The octets of a message: those it was parsed from when nothing was changed, else lines with CRLF, unfolded, in the
 * order and spelling of the fields.
 * Deviation: octets of a header value that are no UTF-8 become U+FFFD in a changed message (RFC 3261 §7.3 has UTF-8 only).
 */
export function serializeMessage(message: SipMessage): Uint8Array {
  if (message.raw !== undefined) {
    return message.raw;
  }
  const head = encoder.encode(headOf(message));
  if (message.body.length === 0) {
    return head;
  }
  const octets = new Uint8Array(head.length + message.body.length);
  octets.set(head);
  octets.set(message.body, head.length);
  return octets;
}

/** The message as text for people; octets that are no UTF-8 show as U+FFFD. */
export function messageText(message: SipMessage): string {
  return decoder.decode(serializeMessage(message));
}
