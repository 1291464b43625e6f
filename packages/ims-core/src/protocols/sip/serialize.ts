/**
 * Message to octets.
 * @see RFC 3261 §7
 */
import { HeaderLine } from './header-line.ts';
import type { SipMessage } from './message.ts';
import { textOctets } from './text-octets.ts';

const LINE_END = '\r\n';
const decoder = new TextDecoder();

function startLineOf(message: SipMessage): string {
  return message.kind === 'request'
    ? `${message.method} ${message.uri} SIP/2.0`
    : `SIP/2.0 ${message.status} ${message.reason}`;
}

/** Start line, header lines as spelled, one Content-Length that is right, and the empty line. */
function headOf(message: SipMessage): string {
  const length = String(message.body.length);
  let hasLength = false;
  let head = `${startLineOf(message)}\r\n`;
  // Lines that stand one below the other in the same received text are copied in one piece.
  let received = '';
  let from = 0;
  let to = 0;
  for (const field of message.headers) {
    const isLength = field.key === 'content-length';
    if (isLength && hasLength) {
      continue;
    }
    hasLength ||= isLength;
    const value = isLength ? length : field.value;
    const text = value === field.value ? HeaderLine.textAround(field) : '';
    if (text !== '' && text === received && field.offset === to) {
      to = field.end + LINE_END.length;
      continue;
    }
    head += received.slice(from, to);
    received = text;
    from = field.offset;
    to = field.end + LINE_END.length;
    if (text === '') {
      head += `${field.name}: ${value}\r\n`;
    }
  }
  head += received.slice(from, to);
  return hasLength ? `${head}\r\n` : `${head}Content-Length: ${length}\r\n\r\n`;
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
  return textOctets(headOf(message), message.body);
}

/** The message as text for people; octets that are no UTF-8 show as U+FFFD. */
export function messageText(message: SipMessage): string {
  return decoder.decode(serializeMessage(message));
}
