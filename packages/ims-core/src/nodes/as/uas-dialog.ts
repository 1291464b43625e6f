import type { Timer } from '../../ports/clock.ts';
import type { MediaResourceResult, MediaResourceSession } from '../../ports/media-resource.ts';
import type { CauseHolder } from '../../ports/trace-sink.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { request as buildRequest, response as buildResponse, type HeaderPair } from '../../protocols/sip/build.ts';
import { unchanged } from '../../protocols/sip/edit.ts';
import { newTag } from '../../protocols/sip/ids.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { serializeNameAddr, withParam } from '../../protocols/sip/name-addr.ts';
import { callId, contacts, cseq, fromOf, header, headerValues, routes, toOf } from '../../protocols/sip/read.ts';
import { serializeSessionExpires } from '../../protocols/sip/session-expires.ts';
import type { ReleaseReason, Speech } from './answer-call.ts';
import type { AsContext } from './context.ts';
import { repeat2xx } from './repeated-2xx.ts';
import {
  type AgreedSessionTimer,
  agreedSessionTimer,
  refreshedSessionTimer,
  refusalOfSessionTimer,
  SessionTimer,
  sessionTimerHeaders,
} from './session-timer.ts';
import { uasDialogId } from './uas-dialogs.ts';
import { ALLOWED_METHODS, contactOf, refusalOfMedia, refusalOfRequest, sdpOf } from './uas-request.ts';

/** A request that must wait for another one is told to come back within this many seconds. @see RFC 3261 §14.2 */
const MAX_RETRY_AFTER_S = 10;

/**
 * A dialog in which this server is the called party: from the 200 to the INVITE until BYE.
 * @see RFC 3261 §12.1.1, §12.2.2, §14.2, §15.1.2, RFC 3311 §5.2, RFC 4028
 */
export class UasDialog {
  readonly id: string;
  readonly #context: AsContext;
  readonly #speech: Speech;
  readonly #media: MediaResourceSession;
  readonly #callId: string;
  /** From and To of the requests of this end, with their tags. */
  readonly #localAddress: string;
  readonly #localTag: string;
  readonly #remoteAddress: string;
  readonly #routeSet: readonly string[];
  readonly #contact: string;
  readonly #sessionTimer: SessionTimer;
  #agreed: AgreedSessionTimer | undefined;
  #remoteTarget: string;
  #localSequence = 0;
  #remoteSequence: number;
  /** What the next event of this end follows from. */
  #cause: number | null;
  /** The 2xx whose ACK has not come yet. */
  #unacknowledged: { readonly sequence: number; readonly repetition: Timer } | undefined;
  /** The offer was made here, in a 2xx; its answer is to come in the ACK. */
  #offerOpen: boolean;
  #changing = false;
  #speaking = false;
  #over = false;

  constructor(options: {
    readonly context: AsContext;
    readonly incoming: IncomingRequest;
    readonly speech: Speech;
    readonly media: MediaResourceSession;
    /** The INVITE came without an offer, so this end makes one. */
    readonly offered: boolean;
  }) {
    const { context, incoming, speech, media, offered } = options;
    const { message } = incoming;
    const from = fromOf(message);
    const to = toOf(message);
    this.#context = context;
    this.#speech = speech;
    this.#media = media;
    this.#callId = callId(message);
    this.#localTag = newTag(context.random);
    this.id = uasDialogId(message, this.#localTag);
    this.#localAddress = to === undefined ? '' : serializeNameAddr(withParam(to, 'tag', this.#localTag));
    this.#remoteAddress = from === undefined ? '' : serializeNameAddr(from);
    this.#remoteTarget = contacts(message)[0]?.uriText ?? from?.uriText ?? '';
    this.#routeSet = routes(message, 'Record-Route').map(serializeNameAddr);
    this.#contact = contactOf(context.config, incoming.flow, speech.says, this.#routeSet.length > 0);
    this.#remoteSequence = cseq(message)?.number ?? 0;
    this.#cause = incoming.cause;
    this.#offerOpen = offered;
    this.#sessionTimer = new SessionTimer(
      context.clock,
      () => void this.#refresh(),
      () => void this.release({ cause: 408, text: 'Session timer expired' }),
    );
  }

  /** Sends the 200 that makes the dialog. */
  accept(incoming: IncomingRequest, sdp: string): void {
    this.#context.dialogs.add(this);
    this.#answerInvite(incoming, sdp, this.#agree(incoming.message));
  }

  /** A request of the other end within the dialog. */
  async receive(incoming: IncomingRequest): Promise<void> {
    const { message } = incoming;
    this.#cause = incoming.cause;
    if (message.method === 'ACK') {
      await this.#acknowledged(message);
      return;
    }
    // RFC 3261 §12.2.2: requests out of order are refused.
    const sequence = cseq(message)?.number ?? 0;
    if (sequence <= this.#remoteSequence) {
      incoming.respond(500, { why: 'the CSeq is not higher than the one before (RFC 3261 §12.2.2)' });
      return;
    }
    this.#remoteSequence = sequence;
    switch (message.method) {
      case 'INVITE':
      case 'UPDATE':
        await this.#change(incoming);
        return;
      case 'BYE':
        incoming.respond(200, { why: 'the call is over (RFC 3261 §15.1.2)' });
        await this.#end();
        return;
      case 'OPTIONS':
        incoming.respond(200, { headers: [['Allow', ALLOWED_METHODS]] });
        return;
      default: {
        const headers = [['Allow', ALLOWED_METHODS]] as const;
        incoming.respond(405, { headers, why: 'not understood in this call (RFC 3261 §8.2.1)' });
      }
    }
  }

  /** Hangs up. @see RFC 3261 §15.1.1, RFC 3326 */
  async release({ cause, text }: ReleaseReason): Promise<void> {
    if (this.#over) return;
    const bye = this.#request('BYE', [['Reason', `SIP;cause=${cause};text="${text}"`]]);
    const holder: CauseHolder = { cause: this.#cause };
    await Promise.all([this.#end(), this.#context.stack.request({ request: unchanged(bye) }, holder)]);
  }

  /** Forgets the call without a word: the server closes. */
  abandon(): void {
    void this.#end();
  }

  /** A re-INVITE or an UPDATE. @see RFC 3261 §14.2, RFC 3311 §5.2 */
  async #change(incoming: IncomingRequest): Promise<void> {
    const { message } = incoming;
    const offer = sdpOf(message);
    const wantsOffer = message.method === 'INVITE' && offer === undefined;
    const refusal = refusalOfRequest(message) ?? refusalOfSessionTimer(message) ?? this.#busyWith(offer);
    if (refusal !== undefined) {
      incoming.respond(refusal.status, refusal.options);
      return;
    }
    let described: MediaResourceResult | undefined;
    if (offer !== undefined || wantsOffer) {
      this.#changing = true;
      described = offer === undefined ? await this.#media.offer() : await this.#media.answer(offer);
      this.#changing = false;
    }
    if (described?.ok === false) {
      const { status, options } = refusalOfMedia(described, this.#context.config.domain);
      incoming.respond(status, options);
      return;
    }
    if (this.#over || incoming.cancelled) {
      if (!incoming.answered) incoming.respond(487, { why: 'it ended before it was answered (RFC 3261 §15.1.2)' });
      return;
    }
    this.#remoteTarget = contacts(message)[0]?.uriText ?? this.#remoteTarget;
    const agreed = this.#agree(message);
    if (message.method === 'UPDATE') {
      incoming.send(unchanged(this.#response(message, described?.sdp ?? '', agreed)));
      return;
    }
    this.#offerOpen = wantsOffer;
    this.#answerInvite(incoming, described?.sdp ?? '', agreed);
  }

  /** Why an offer cannot be taken now. */
  #busyWith(offer: string | undefined) {
    if (this.#changing) {
      const seconds = (this.#context.random.bytes(1)[0] ?? 0) % (MAX_RETRY_AFTER_S + 1);
      const headers = [['Retry-After', String(seconds)]] as const;
      return { status: 500, options: { headers, why: 'another change is under way (RFC 3261 §14.2)' } };
    }
    if (this.#offerOpen && offer !== undefined) {
      return { status: 491, options: { why: 'an offer of this end is open (RFC 3261 §14.2, RFC 3311 §5.2)' } };
    }
    return undefined;
  }

  #answerInvite(incoming: IncomingRequest, sdp: string, agreed: AgreedSessionTimer | undefined): void {
    const { message } = incoming;
    const answer = unchanged(this.#response(message, sdp, agreed));
    this.#unacknowledged?.repetition.stop();
    incoming.send(answer);
    this.#unacknowledged = {
      sequence: cseq(message)?.number ?? 0,
      repetition: repeat2xx(
        this.#context.clock,
        () => incoming.send(answer),
        () => void this.release({ cause: 408, text: 'No ACK' }),
      ),
    };
  }

  #response(message: SipRequest, sdp: string, agreed: AgreedSessionTimer | undefined): SipResponse {
    const headers: HeaderPair[] = headerValues(message, 'Record-Route').map((value) => ['Record-Route', value]);
    headers.push(
      ['Contact', this.#contact],
      ['Allow', ALLOWED_METHODS],
      ['Supported', 'timer'],
      ...sessionTimerHeaders(agreed),
    );
    const vector = header(message, 'P-Charging-Vector');
    if (vector !== undefined) headers.push(['P-Charging-Vector', vector]);
    if (sdp !== '') headers.push(['Content-Type', 'application/sdp']);
    return buildResponse(message, 200, { toTag: this.#localTag, headers, body: sdp });
  }

  /** The ACK of a 2xx: the session is as both ends know it. @see RFC 3261 §13.3.1.4 */
  async #acknowledged(ack: SipRequest): Promise<void> {
    if (this.#unacknowledged === undefined || cseq(ack)?.number !== this.#unacknowledged.sequence) return;
    this.#unacknowledged.repetition.stop();
    this.#unacknowledged = undefined;
    if (this.#offerOpen) {
      this.#offerOpen = false;
      const answer = sdpOf(ack);
      const refusal = answer === undefined ? 'the ACK has no answer' : (await this.#media.accept(answer))?.text;
      if (refusal !== undefined) {
        await this.release({ cause: 488, text: 'No usable answer' });
        return;
      }
    }
    if (this.#speaking || this.#over) return;
    this.#speaking = true;
    const { thenEnds } = this.#speech;
    this.#media.play(() => {
      if (thenEnds !== undefined) void this.release(thenEnds);
    });
  }

  #agree(message: SipRequest): AgreedSessionTimer | undefined {
    const agreed = agreedSessionTimer(message);
    this.#sessionTimer.start(agreed);
    this.#agreed = agreed;
    return agreed;
  }

  /** Refreshes the session; an end that knows the call no more ends it. @see RFC 4028 §7.4, RFC 3261 §12.2.1.2 */
  async #refresh(): Promise<void> {
    if (this.#over || this.#agreed === undefined) return;
    const interval = serializeSessionExpires({ intervalS: this.#agreed.intervalS, refresher: 'uac' });
    const update = this.#request('UPDATE', [
      ['Contact', this.#contact],
      ['Supported', 'timer'],
      ['Session-Expires', interval],
    ]);
    const holder: CauseHolder = { cause: this.#cause };
    const answer = await this.#context.stack.request({ request: unchanged(update) }, holder);
    this.#cause = holder.cause;
    if (this.#over) return;
    if (answer.status === 408 || answer.status === 481) {
      await this.release({ cause: 408, text: 'Session timer expired' });
    } else if (answer.status < 300) {
      this.#remoteTarget = contacts(answer)[0]?.uriText ?? this.#remoteTarget;
      this.#agreed = refreshedSessionTimer(answer);
      this.#sessionTimer.start(this.#agreed);
    } else {
      // Refused: the session lives on to its end, unless the other end refreshes it.
      this.#sessionTimer.start({ intervalS: this.#agreed.intervalS / 2, refreshedHere: false });
    }
  }

  /** A request of this end within the dialog. @see RFC 3261 §12.2.1.1 */
  #request(method: string, headers: readonly HeaderPair[]): SipRequest {
    this.#localSequence += 1;
    return buildRequest(method, this.#remoteTarget, [
      ...this.#routeSet.map((route) => ['Route', route] as const),
      ['From', this.#localAddress],
      ['To', this.#remoteAddress],
      ['Call-ID', this.#callId],
      ['CSeq', `${this.#localSequence} ${method}`],
      ...headers,
    ]);
  }

  async #end(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#unacknowledged?.repetition.stop();
    this.#sessionTimer.stop();
    this.#context.dialogs.remove(this);
    await this.#media.close();
  }
}
