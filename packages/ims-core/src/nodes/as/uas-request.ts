import type { MediaResourceErrorCode, MediaResourceRefusal } from '../../ports/media-resource.ts';
import type { SipFlow } from '../../ports/sip-transport.ts';
import type { RespondOptions } from '../../protocols/proxy/stack.ts';
import type { SipMessage, SipRequest } from '../../protocols/sip/message.ts';
import { bodyText, contentType, headerValues } from '../../protocols/sip/read.ts';
import type { AsConfig } from './config.ts';

/** Methods that a call which ends here understands. */
export const ALLOWED_METHODS = 'INVITE, ACK, CANCEL, BYE, UPDATE, OPTIONS';
const SDP = 'application/sdp';
/** Option tags that this user agent understands, in lower case. */
const EXTENSIONS: ReadonlySet<string> = new Set(['timer']);
/** Retry-After when no port is left. */
const MEDIA_RETRY_AFTER_S = 10;

const statusOfMediaRefusal: Readonly<Record<MediaResourceErrorCode, number>> = {
  MEDIA_SDP_MALFORMED: 400,
  MEDIA_NO_COMMON_CODEC: 488,
  MEDIA_NO_RESOURCES: 503,
};

export interface UasRefusal {
  readonly status: number;
  readonly options: RespondOptions;
}

/** Why a user agent server cannot work with a request, before it looks at the session. @see RFC 3261 §8.2.2.3, §8.2.3 */
export function refusalOfRequest(message: SipRequest): UasRefusal | undefined {
  const unknown = headerValues(message, 'Require').filter((option) => !EXTENSIONS.has(option.toLowerCase()));
  if (unknown.length > 0) {
    const headers = [['Unsupported', unknown.join(', ')]] as const;
    return { status: 420, options: { headers, why: 'Require asks for what is not known here (RFC 3261 §8.2.2.3)' } };
  }
  if (message.body.length > 0 && contentType(message) !== SDP) {
    const headers = [['Accept', SDP]] as const;
    return { status: 415, options: { headers, why: 'the body is no session description (RFC 3261 §8.2.3)' } };
  }
  return undefined;
}

/** What SIP answers when the media function refuses. @see RFC 3261 §21.4.26 */
export function refusalOfMedia({ code, text }: MediaResourceRefusal, host: string): UasRefusal {
  const status = statusOfMediaRefusal[code];
  const headers: (readonly [string, string])[] = [];
  if (status === 488) headers.push(['Warning', `305 ${host} "${code}"`]);
  if (status === 503) headers.push(['Retry-After', String(MEDIA_RETRY_AFTER_S)]);
  return { status, options: { headers, why: `the media function refused: ${text}` } };
}

/** The session description of a message; undefined when it has none. */
export function sdpOf(message: SipMessage): string | undefined {
  return contentType(message) === SDP && message.body.length > 0 ? bodyText(message) : undefined;
}

/** Contact of a dialog's own end: its name in the home network, or where the request came to when no proxy of that brought it. */
export function contactOf({ uri }: AsConfig, { local }: SipFlow, user: string, isRouted: boolean): string {
  if (isRouted) return `<${uri.replace(/^sip:/, `sip:${user}@`)};transport=tcp>`;
  const host = local.host.includes(':') ? `[${local.host}]` : local.host;
  return `<sip:${user}@${host}:${local.port};transport=${local.transport.toLowerCase()}>`;
}
