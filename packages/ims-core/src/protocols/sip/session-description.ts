import type { SipMessage } from './message.ts';
import { scanParams } from './params.ts';
import { bodyText, contentType, header } from './read.ts';

const SDP = 'application/sdp';

/** Text of a message's session description: the body, or the first part of a multipart body that is one. @see RFC 3261 §7.4.1, RFC 5621 §3.1 */
export function sessionDescription(message: SipMessage): string | undefined {
  if (message.body.length === 0) return undefined;
  const type = contentType(message);
  if (type === SDP) return bodyText(message);
  const boundary = type.startsWith('multipart/') ? boundaryOf(header(message, 'Content-Type') ?? '') : undefined;
  return boundary === undefined
    ? undefined
    : partsOf(bodyText(message), boundary).find(({ head }) => isSdp(head))?.body;
}

/** Undefined when there is none. @see RFC 2046 §5.1.1 */
function boundaryOf(value: string): string | undefined {
  const semicolon = value.indexOf(';');
  if (semicolon < 0) return undefined;
  const params = scanParams(value, semicolon);
  const boundary = params.ok && params.value.find(({ name }) => name.toLowerCase() === 'boundary')?.value;
  return typeof boundary === 'string' && boundary !== '' ? boundary : undefined;
}

/** What stands between the delimiter lines, without the line breaks that belong to them. @see RFC 2046 §5.1.1 */
function partsOf(text: string, boundary: string): readonly { readonly head: string; readonly body: string }[] {
  const [, ...pieces] = `\n${text}`.split(`\n--${boundary}`);
  const end = pieces.findIndex((piece) => piece.startsWith('--'));
  return (end < 0 ? pieces : pieces.slice(0, end)).map((piece) => {
    const part = piece.slice(piece.indexOf('\n') + 1).replace(/\r$/, '');
    const empty = /^\r?\n|\r?\n\r?\n/.exec(part);
    if (empty === null) return { head: part, body: '' };
    return { head: part.slice(0, empty.index), body: part.slice(empty.index + empty[0].length) };
  });
}

function isSdp(head: string): boolean {
  return head.split('\n').some((line) => /^content-type\s*:\s*application\/sdp\s*(?:;.*)?$/i.test(line.trim()));
}
