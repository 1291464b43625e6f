import type { SipFlow } from '../../ports/sip-transport.ts';
import type { ForwardOptions, IncomingRequest } from '../../protocols/proxy/stack.ts';
import { response as buildResponse } from '../../protocols/sip/build.ts';
import { type Edited, MessageEdit, unchanged } from '../../protocols/sip/edit.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { param } from '../../protocols/sip/name-addr.ts';
import { callId, fromOf, tagOf, toOf, topVia } from '../../protocols/sip/read.ts';
import type { SessionTimerPolicy } from './config.ts';
import { note, type PcscfContext } from './context.ts';
import type { Session } from './dialogs.ts';
import { answerToRefusal, MediaPass, type MediaRefusal, Negotiation } from './media.ts';
import { isWebSocket } from './own-uris.ts';
import { hidesCaller } from './privacy.ts';
import type { Binding } from './registrations.ts';
import { reasonValue, refuseAnswer } from './release.ts';
import { demandTimer, grantTimer, isIntervalTooSmall, restartTimer, type TimerDemand } from './session-timer.ts';

export interface SetUp {
  readonly session: Session;
  /** The INVITE with this box's header changes; its SDP is still the sender's. */
  readonly edit: MessageEdit<SipRequest>;
  /** The UE's flow; absent towards the core, where the Route leads. */
  readonly to?: SipFlow;
  /** Header rules for the responses. */
  readonly editResponse: (edit: MessageEdit<SipResponse>) => void;
  /** What to answer when the other side does not. */
  readonly onFailure?: NonNullable<ForwardOptions['onFailure']>;
}

/** A session for an INVITE that is about to go on. */
export function newSession(
  ctx: PcscfContext,
  incoming: IncomingRequest,
  pass: Session['pass'],
  binding: Binding,
  icid: string,
): Session {
  const { message } = incoming;
  const id = callId(message);
  const branch = topVia(message);
  const word = pass === 'originating' ? tagOf(message, 'From') : ((branch && param(branch, 'branch')) ?? '');
  // A Call-ID and a tag can be copied from another UE's call, the token of the binding cannot.
  const key = { callId: id, pass, id: `${String(word)} ${binding.token}` };
  return {
    callId: id,
    pass,
    binding,
    icid,
    invite: message,
    from: fromOf(message)?.uriText ?? '',
    to: toOf(message)?.uriText ?? '',
    hidesCaller: pass === 'terminating' && hidesCaller(message),
    since: ctx.clock.now(),
    // A browser's media goes through the relay; other UEs speak what the core speaks.
    media: isWebSocket(binding.flow) ? new MediaPass(ctx.media, key, binding.ue) : undefined,
    negotiation: undefined,
    reliable: undefined,
    abandon: undefined,
    dialogs: new Set(),
  };
}

/**
 * Takes an INVITE and its media to the other side and keeps the dialogs that the responses make.
 * @see TS 24.229 5.2.7.2, 5.2.7.3, TS 23.228 U.2.1
 */
export async function setUpSession(ctx: PcscfContext, incoming: IncomingRequest, setUp: SetUp): Promise<void> {
  const { session, edit } = setUp;
  ctx.sessions.add(session);

  session.abandon = (reason, { cause }) => {
    incoming.cause = cause;
    ctx.stack.cancel(incoming, reasonValue(reason));
    incoming.respond(503, { headers: [['Reason', reasonValue(reason)]], why: `${reason.text} (TS 24.229 5.2.8.1.3)` });
  };

  // The session timer that the network wants.
  const { session: policy } = ctx.config;
  if (isIntervalTooSmall(incoming.message, policy)) {
    refuseInterval(incoming, policy);
    await drop(ctx, incoming, session);
    return;
  }
  const demand = demandTimer(edit, policy);

  // The offer, as the other side can use it.
  const negotiation = negotiationOf(session, session.pass === 'originating' ? 'ue' : 'peer');
  session.negotiation = negotiation;
  const refusal = await negotiation?.request(edit, incoming);
  if (refusal !== undefined || incoming.cancelled || incoming.answered) {
    if (refusal !== undefined) refuseMedia(ctx, incoming, session, refusal);
    else endCancelled(incoming);
    await drop(ctx, incoming, session);
    return;
  }

  const outcome = await ctx.stack.forward(incoming, [{ request: edit.done(), ...(setUp.to && { to: setUp.to }) }], {
    onResponse: (response) => passResponse(ctx, incoming, setUp, demand, response),
    ...(setUp.onFailure && { onFailure: setUp.onFailure }),
  });

  session.reliable?.stop();
  if (outcome.final.status >= 300) await drop(ctx, incoming, session);
  else ctx.sessions.answered(session);
}

/** 422 tells the sender to ask for a longer interval. @see RFC 4028 §8.1 */
export function refuseInterval(incoming: IncomingRequest, { minSeS }: SessionTimerPolicy): void {
  incoming.respond(422, {
    headers: [['Min-SE', String(minSeS)]],
    why: 'the session interval is shorter than this network allows (RFC 4028 §8.1)',
  });
}

/** An INVITE was cancelled, or its call released, while the relay was working on its offer. @see RFC 3261 §9.2 */
export function endCancelled(incoming: IncomingRequest): void {
  if (!incoming.answered) incoming.respond(487, { why: 'cancelled before it went on (RFC 3261 §9.2)' });
}

/** The other side of the browser's media in one transaction; undefined for a UE that needs no relay. */
export function negotiationOf(session: Session, requester: 'ue' | 'peer'): Negotiation | undefined {
  return session.media && new Negotiation(session.media, requester === 'ue' ? 'webrtc' : 'core');
}

export function noteRefusal(ctx: PcscfContext, session: Session, refusal: MediaRefusal, cause: number | null): number {
  return note(ctx, 'MEDIA_REFUSED', session.binding.ue, `${refusal.code}: ${refusal.text}`, cause);
}

/** Answers a request whose offer the relay refused. */
export function refuseMedia(
  ctx: PcscfContext,
  incoming: IncomingRequest,
  session: Session,
  refusal: MediaRefusal,
): void {
  incoming.cause = noteRefusal(ctx, session, refusal, incoming.cause);
  const { status, options } = answerToRefusal(refusal, ctx.config.host);
  if (!incoming.answered) incoming.respond(status, options);
}

async function passResponse(
  ctx: PcscfContext,
  incoming: IncomingRequest,
  { session, editResponse }: SetUp,
  demand: TimerDemand,
  response: SipResponse,
): Promise<Edited<SipResponse>> {
  const edit = new MessageEdit(response);
  editResponse(edit);
  if (response.status >= 300) return edit.done();
  const answerer = session.pass === 'originating' ? 'peer' : 'ue';
  const dialog = ctx.sessions.establish(session, response);
  if (dialog === undefined) return edit.done();

  // The call was released while its answer was on the way.
  if (!ctx.sessions.has(session)) {
    const reason = { cause: 503, text: 'The call was released' };
    if (response.status >= 200) await refuseAnswer(ctx, dialog, response, answerer, reason, { cause: incoming.cause });
    return edit.done();
  }
  // Another call has these very names; what belongs to it must not come here.
  if (!ctx.sessions.isKept(dialog)) {
    if (response.status < 200) return edit.done();
    const reason = { cause: 500, text: 'Call-ID and tags are those of another call' };
    await refuseAnswer(ctx, dialog, response, answerer, reason, { cause: incoming.cause });
    return unchanged(buildResponse(incoming.message, 500, { toTag: tagOf(response, 'To') }));
  }

  const refusal = await session.negotiation?.response(edit, incoming);
  if (refusal === undefined) {
    if (response.status < 200) return provisional(session, edit);
    restartTimer(ctx, dialog, grantTimer(edit, demand));
    return edit.done();
  }
  incoming.cause = noteRefusal(ctx, session, refusal, incoming.cause);
  if (response.status < 200) {
    edit.body('', undefined, `early media is left out: ${refusal.text} (TS 23.228 U.2.1)`);
    return provisional(session, edit);
  }
  // The called side has answered and hears that it was in vain; the caller gets the refusal.
  const { status, options } = answerToRefusal(refusal, ctx.config.host);
  const reason = { cause: status, text: refusal.code };
  await refuseAnswer(ctx, dialog, response, answerer, reason, { cause: incoming.cause });
  return unchanged(
    buildResponse(incoming.message, status, {
      toTag: tagOf(response, 'To'),
      ...(options.headers && { headers: options.headers }),
    }),
  );
}

/** A 101-199 with a To tag, reliable where the caller requires that of a browser. */
function provisional({ reliable }: Session, edit: MessageEdit<SipResponse>): Edited<SipResponse> {
  return reliable === undefined ? edit.done() : reliable.next(edit);
}

/** The call did not come about. */
async function drop(ctx: PcscfContext, incoming: IncomingRequest, session: Session): Promise<void> {
  ctx.sessions.remove(session);
  await session.media?.delete(incoming);
}
