import type {
  MediaErrorCode,
  MediaLegKey,
  MediaRelay,
  MediaResult,
  MediaSide,
  MediaUe,
} from '../../ports/media-relay.ts';
import type { CauseHolder } from '../../ports/trace-sink.ts';
import type { RespondOptions } from '../../protocols/proxy/stack.ts';
import type { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { bodyText, contentType, cseq } from '../../protocols/sip/read.ts';
import { MEDIA_RETRY_AFTER_S } from './config.ts';

const SDP = 'application/sdp';
const ANCHORED =
  'media goes through the relay: the SDP names its address and what the other side can do (TS 23.228 U.1.1)';
const ONE_EARLY_ANSWER = 'a browser takes one early answer; the next one waits for the 200 (RFC 8829 §4.1.8)';
const ANSWER_AGAIN = 'a browser wants the answer in the 200, also after an early one (RFC 3264 §4)';

/** Why the media relay refused, as SIP says it. */
export interface MediaRefusal {
  readonly code: MediaErrorCode;
  readonly text: string;
}

const statusOfRefusal: Readonly<Record<MediaErrorCode, number>> = {
  MEDIA_SDP_MALFORMED: 400,
  MEDIA_NO_COMMON_CODEC: 488,
  MEDIA_NOT_SUPPORTED: 488,
  MEDIA_NO_RESOURCES: 503,
  MEDIA_UNKNOWN_SESSION: 481,
  MEDIA_RELAY_DOWN: 503,
};

/** The answer to a request whose media was refused. @see RFC 3261 §21.4.26, §20.43 */
export function answerToRefusal(refusal: MediaRefusal, host: string): { status: number; options: RespondOptions } {
  const status = statusOfRefusal[refusal.code];
  const headers: (readonly [string, string])[] = [];
  if (status === 488) headers.push(['Warning', `305 ${host} "${refusal.code}"`]);
  if (status === 503) headers.push(['Retry-After', String(MEDIA_RETRY_AFTER_S)]);
  return { status, options: { headers, why: `the media relay refused: ${refusal.text} (TS 24.229 5.2.7.2)` } };
}

/** The media of one pass of one call through this box. */
export class MediaPass {
  readonly #relay: MediaRelay;
  readonly #key: MediaLegKey;
  readonly #ue: MediaUe;
  #deleted = false;

  constructor(relay: MediaRelay, key: MediaLegKey, ue: MediaUe) {
    this.#relay = relay;
    this.#key = key;
    this.#ue = ue;
  }

  offer(from: MediaSide, sdp: string, cause: CauseHolder): Promise<MediaResult> {
    return this.#relay.offer({ key: this.#key, from, sdp, ue: this.#ue }, cause);
  }

  answer(from: MediaSide, sdp: string, cause: CauseHolder): Promise<MediaResult> {
    return this.#relay.answer({ key: this.#key, from, sdp }, cause);
  }

  /** Releases the pass at the relay; a second time does nothing. */
  async delete(cause: CauseHolder): Promise<void> {
    if (this.#deleted) return;
    this.#deleted = true;
    await this.#relay.delete(this.#key, cause);
  }
}

/** One offer and its answer, in the messages of one transaction (and its ACK). @see RFC 3264, RFC 6337 §2 */
export class Negotiation {
  readonly #pass: MediaPass;
  /** The side that sent the request. */
  readonly #requester: MediaSide;
  #offerIn: 'none' | 'request' | 'response' = 'none';
  /** SDP that came in a response, and what went on in its place. */
  #responded: { readonly received: string; readonly sent: string } | undefined;
  #earlySent = false;

  constructor(pass: MediaPass, requester: MediaSide) {
    this.#pass = pass;
    this.#requester = requester;
  }

  /** Puts the relay's offer into an INVITE, UPDATE or PRACK that has one. */
  async request(edit: MessageEdit<SipRequest>, cause: CauseHolder): Promise<MediaRefusal | undefined> {
    const sdp = sdpOf(edit.current);
    if (sdp === undefined) return undefined;
    this.#offerIn = 'request';
    const result = await this.#pass.offer(this.#requester, sdp, cause);
    if (!result.ok) return result;
    edit.body(result.sdp, SDP, ANCHORED);
    return undefined;
  }

  /** Puts the relay's answer, or its offer when the request had none, into a 1xx or 2xx. */
  async response(edit: MessageEdit<SipResponse>, cause: CauseHolder): Promise<MediaRefusal | undefined> {
    const { status } = edit.current;
    if (status >= 300) return undefined;
    const early = status < 200;
    const sdp = sdpOf(edit.current);
    if (sdp === undefined) return early ? undefined : this.#finalWithoutSdp(edit);
    if (early && this.#earlySent && this.#requester === 'webrtc') {
      edit.body('', undefined, ONE_EARLY_ANSWER);
      return undefined;
    }
    if (this.#responded?.received !== sdp) {
      const result = await this.#relayResponse(sdp, cause);
      if (!result.ok) return result;
      this.#responded = { received: sdp, sent: result.sdp };
    }
    this.#earlySent ||= early;
    edit.body(this.#responded.sent, SDP, ANCHORED);
    return undefined;
  }

  /** True when the ACK has the answer, since the 2xx had the offer. */
  awaitsAck(edit: MessageEdit<SipRequest>): boolean {
    return this.#offerIn === 'response' && sdpOf(edit.current) !== undefined;
  }

  /** Puts the relay's answer into an ACK that has one. */
  async ack(edit: MessageEdit<SipRequest>, cause: CauseHolder): Promise<MediaRefusal | undefined> {
    const sdp = sdpOf(edit.current);
    if (sdp === undefined) return undefined;
    const result = await this.#pass.answer(this.#requester, sdp, cause);
    if (!result.ok) return result;
    edit.body(result.sdp, SDP, ANCHORED);
    return undefined;
  }

  #finalWithoutSdp(edit: MessageEdit<SipResponse>): MediaRefusal | undefined {
    if (this.#responded !== undefined) {
      edit.body(this.#responded.sent, SDP, ANSWER_AGAIN);
      return undefined;
    }
    if (this.#offerIn === 'none' || cseq(edit.current)?.method !== 'INVITE') return undefined;
    return { code: 'MEDIA_NOT_SUPPORTED', text: 'the 2xx has no answer to the offer (RFC 3264 §4)' };
  }

  #relayResponse(sdp: string, cause: CauseHolder): Promise<MediaResult> {
    const responder: MediaSide = this.#requester === 'webrtc' ? 'core' : 'webrtc';
    if (this.#offerIn === 'request') return this.#pass.answer(responder, sdp, cause);
    this.#offerIn = 'response';
    return this.#pass.offer(responder, sdp, cause);
  }
}

function sdpOf(message: SipMessage): string | undefined {
  return contentType(message) === SDP && message.body.length > 0 ? bodyText(message) : undefined;
}
