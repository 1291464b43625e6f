import type { MediaFunction } from '../../ports/media-resource.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import type { AsContext } from './context.ts';
import { refusalOfSessionTimer } from './session-timer.ts';
import { UasDialog } from './uas-dialog.ts';
import { ALLOWED_METHODS, refusalOfMedia, refusalOfRequest, sdpOf } from './uas-request.ts';

/** What a caller gets to hear. */
export interface Speech {
  readonly says: MediaFunction;
  /** The server hangs up, with this reason, when everything was said. @see RFC 3326 */
  readonly thenEnds?: ReleaseReason;
}

/** @see RFC 3326 */
export interface ReleaseReason {
  readonly cause: number;
  readonly text: string;
}

/**
 * Answers an INVITE as the called party: the media function takes the offer (or makes one), and the call is up.
 * @see TS 24.229 5.7.2, RFC 3261 §13.3.1
 */
export async function answerCall(context: AsContext, incoming: IncomingRequest, speech: Speech): Promise<void> {
  const { message } = incoming;
  if (message.method === 'ACK') return;
  if (message.method !== 'INVITE') {
    const why = 'only calls are answered here (RFC 3261 §8.2.1)';
    incoming.respond(message.method === 'OPTIONS' ? 200 : 405, { headers: [['Allow', ALLOWED_METHODS]], why });
    return;
  }
  incoming.onCancel(() => incoming.respond(487, { why: 'cancelled (RFC 3261 §9.2)' }));

  // Can the request be worked with?
  const refusal = refusalOfRequest(message) ?? refusalOfSessionTimer(message);
  if (refusal !== undefined) {
    incoming.respond(refusal.status, refusal.options);
    return;
  }

  // The session.
  const media = context.media.open(speech.says);
  const offer = sdpOf(message);
  const described = offer === undefined ? await media.offer() : await media.answer(offer);
  if (!described.ok || incoming.answered) {
    if (!described.ok && !incoming.answered) {
      const { status, options } = refusalOfMedia(described, context.config.domain);
      incoming.respond(status, options);
    }
    await media.close();
    return;
  }

  // The dialog.
  new UasDialog({ context, incoming, speech, media, offered: offer === undefined }).accept(incoming, described.sdp);
}
