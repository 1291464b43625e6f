import type { CauseHolder } from '../../ports/trace-sink.ts';
import { request } from '../../protocols/sip/build.ts';
import { unchanged } from '../../protocols/sip/edit.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { cseq } from '../../protocols/sip/read.ts';
import { originatingVector } from './charging.ts';
import { note, type PcscfContext } from './context.ts';
import type { Dialog, ReleaseReason, Session } from './dialogs.ts';
import { anonymousAddress } from './privacy.ts';
import type { Binding } from './registrations.ts';

/** The two ends of a dialog as this box sees them. */
type End = 'ue' | 'peer';

/** Ends every call of a UE. */
export async function releaseBinding(
  ctx: PcscfContext,
  binding: Binding,
  reason: ReleaseReason,
  cause: CauseHolder,
): Promise<void> {
  await Promise.all(ctx.sessions.ofBinding(binding).map((session) => releaseSession(ctx, session, reason, cause)));
}

/**
 * Ends one established dialog: BYE to both ends, each in the name of the other. With the last dialog goes its session.
 * @see TS 24.229 5.2.8.1.2
 */
export async function releaseDialog(
  ctx: PcscfContext,
  dialog: Dialog,
  reason: ReleaseReason,
  cause: CauseHolder,
): Promise<void> {
  const { session } = dialog;
  const holder = noteRelease(ctx, session, reason, cause);
  ctx.sessions.end(dialog);
  await Promise.all([
    bye(ctx, dialog, 'peer', reason, holder),
    bye(ctx, dialog, 'ue', reason, holder),
    ctx.sessions.has(session) ? undefined : session.media?.delete(holder),
  ]);
}

/**
 * Ends one call: BYE to both ends of an established dialog, each in the name of the other; CANCEL and an error while it is early.
 * @see TS 24.229 5.2.8.1.2, 5.2.8.1.3
 */
export async function releaseSession(
  ctx: PcscfContext,
  session: Session,
  reason: ReleaseReason,
  cause: CauseHolder,
): Promise<void> {
  const holder = noteRelease(ctx, session, reason, cause);
  const confirmed = [...session.dialogs].filter((dialog) => dialog.state === 'confirmed');
  session.abandon?.(reason, holder);
  ctx.sessions.remove(session);
  await Promise.all([
    ...confirmed.flatMap((dialog) => [
      bye(ctx, dialog, 'peer', reason, holder),
      bye(ctx, dialog, 'ue', reason, holder),
    ]),
    session.media?.delete(holder),
  ]);
}

function noteRelease(ctx: PcscfContext, session: Session, reason: ReleaseReason, { cause }: CauseHolder): CauseHolder {
  const text = `${reason.text}: ${session.callId}`;
  return { cause: note(ctx, 'SESSION_RELEASED', session.binding.ue, text, cause) };
}

/** Acknowledges a 2xx that cannot be passed on, and ends the dialog that it made. @see RFC 3261 §13.2.2.4 */
export async function refuseAnswer(
  ctx: PcscfContext,
  dialog: Dialog,
  response: SipResponse,
  from: End,
  reason: ReleaseReason,
  cause: CauseHolder,
): Promise<void> {
  const number = cseq(response)?.number ?? 0;
  const ack = within(dialog, from, 'ACK', number, []);
  ctx.stack.sendAck({ request: unchanged(ack), ...destination(dialog, from) }, cause);
  await bye(ctx, dialog, from, reason, cause);
}

/** One BYE in the name of the other end. An end whose flow is gone cannot get one. */
async function bye(
  ctx: PcscfContext,
  dialog: Dialog,
  to: End,
  reason: ReleaseReason,
  cause: CauseHolder,
): Promise<void> {
  if (to === 'ue' && dialog.session.binding.flow.closed) return;
  const number = (to === 'ue' ? dialog.peerCSeq : dialog.ueCSeq) + 1;
  const headers: (readonly [string, string])[] = [['Reason', reasonValue(reason)]];
  if (to === 'peer') {
    headers.push(['P-Charging-Vector', originatingVector(ctx.config, dialog.session.icid)]);
  }
  const message = within(dialog, to, 'BYE', number, headers);
  await ctx.stack.request({ request: unchanged(message), ...destination(dialog, to) }, { cause: cause.cause });
}

/** A request within the dialog to one end, as the other end would send it. @see RFC 3261 §12.2.1.1 */
function within(
  dialog: Dialog,
  to: End,
  method: string,
  number: number,
  more: readonly (readonly [string, string])[],
): SipRequest {
  const toUe = to === 'ue';
  const routeSet = toUe ? [] : dialog.peerRoutes.map((route) => ['Route', route] as const);
  return request(method, toUe ? dialog.ueTarget : dialog.peerTarget, [
    ['Max-Forwards', '70'],
    ...routeSet,
    ['From', toUe ? peerForUe(dialog) : dialog.ueAddress],
    ['To', toUe ? dialog.ueAddress : dialog.peerAddress],
    ['Call-ID', dialog.session.callId],
    ['CSeq', `${number} ${method}`],
    ...more,
  ]);
}

function peerForUe({ session, peerAddress, peerTag }: Dialog): string {
  return session.hidesCaller ? anonymousAddress(peerTag) : peerAddress;
}

/** The UE is reached on its flow, the other end by Route and Request-URI. */
function destination(dialog: Dialog, to: End) {
  return to === 'ue' ? { to: dialog.session.binding.flow } : {};
}

/** @see RFC 3326 §2 */
export function reasonValue(reason: ReleaseReason): string {
  return `SIP;cause=${reason.cause};text="${reason.text}"`;
}
