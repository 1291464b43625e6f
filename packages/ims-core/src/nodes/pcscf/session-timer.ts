import type { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { hasOption } from '../../protocols/sip/read.ts';
import {
  DEFAULT_MIN_SE_S,
  minSe,
  serializeSessionExpires,
  sessionExpires,
} from '../../protocols/sip/session-expires.ts';
import { type SessionTimerPolicy, TERMINATING_EXPIRY_LATER_MS } from './config.ts';
import { note, type PcscfContext } from './context.ts';
import type { Dialog } from './dialogs.ts';
import { releaseDialog } from './release.ts';

/** What this box asked for in a session refresh request, kept for the time of its transaction. @see RFC 4028 §8.1 */
export interface TimerDemand {
  readonly intervalS: number;
  /** The end that sent the request knows session timers. */
  readonly senderSupports: boolean;
}

/** True when the sender knows session timers and asks for an interval that this network finds too short. @see RFC 4028 §8.1 */
export function isIntervalTooSmall(message: SipRequest, policy: SessionTimerPolicy): boolean {
  const asked = sessionExpires(message);
  return asked !== undefined && asked.intervalS < policy.minSeS && supportsTimer(message);
}

/**
 * Sees to it that an INVITE or UPDATE asks for a session timer: inserts one, shortens a longer one, and lengthens one that is too
 * short when its sender would not understand a 422.
 * @see RFC 4028 §8.1
 */
export function demandTimer(edit: MessageEdit<SipRequest>, policy: SessionTimerPolicy): TimerDemand {
  const message = edit.current;
  const senderSupports = supportsTimer(message);
  const asked = sessionExpires(message);
  const shortest = minSe(message);

  if (asked !== undefined && asked.intervalS < policy.minSeS) {
    const floor = Math.max(shortest ?? 0, policy.minSeS);
    edit.set('Min-SE', String(floor), 'shortest interval of this network (RFC 4028 §8.1)');
    const longer = serializeSessionExpires({ ...asked, intervalS: floor });
    edit.set('Session-Expires', longer, 'no shorter than Min-SE (RFC 4028 §8.1)');
    return { intervalS: floor, senderSupports };
  }

  const wanted = Math.max(policy.sessionExpiresS, shortest ?? DEFAULT_MIN_SE_S);
  const intervalS = asked === undefined ? wanted : Math.max(Math.min(asked.intervalS, wanted), shortest ?? 0);
  if (intervalS !== asked?.intervalS) {
    const value = serializeSessionExpires({ intervalS, refresher: asked?.refresher });
    edit.set('Session-Expires', value, 'the network wants the session to be refreshed (RFC 4028 §8.1)');
  }
  return { intervalS, senderSupports };
}

/**
 * Reads from a 2xx how long the session lives. When only the sender of the request knows session timers, it is told to refresh.
 * @returns seconds; undefined when neither end knows session timers: then the session never expires
 * @see RFC 4028 §8.2
 */
export function grantTimer(edit: MessageEdit<SipResponse>, demand: TimerDemand): number | undefined {
  const granted = sessionExpires(edit.current);
  if (granted !== undefined) return granted.intervalS;
  if (!demand.senderSupports) return undefined;
  const why = 'the other end knows no session timer, so this one refreshes (RFC 4028 §8.2)';
  edit.set('Session-Expires', serializeSessionExpires({ intervalS: demand.intervalS, refresher: 'uac' }), why);
  if (!hasOption(edit.current, 'Require', 'timer')) edit.append('Require', 'timer', why);
  return demand.intervalS;
}

/** The session lives this long from now on; without an interval it does not expire. @see RFC 4028 §8.2, §8.3 */
export function restartTimer(ctx: PcscfContext, dialog: Dialog, intervalS: number | undefined): void {
  dialog.expiry?.stop();
  dialog.expiry = undefined;
  if (intervalS === undefined || !ctx.sessions.isKept(dialog) || dialog.state === 'ended') return;
  const later = dialog.session.pass === 'terminating' ? TERMINATING_EXPIRY_LATER_MS : 0;
  dialog.expiry = ctx.clock.after(intervalS * 1000 + later, () => void expire(ctx, dialog, intervalS));
}

/**
 * Nobody refreshed the session in time: its ends may be gone, and with them whoever would hang up.
 *
 * Deviation: RFC 4028 §8.3 and TS 24.229 5.2.8.2 let a proxy forget the session without a word; the lab sends BYE to both ends, so that
 * the ladder shows how it ended and an end that still lives knows it.
 */
async function expire(ctx: PcscfContext, dialog: Dialog, intervalS: number): Promise<void> {
  const { binding, callId } = dialog.session;
  const cause = note(ctx, 'SESSION_EXPIRED', binding.ue, `no refresh came in ${intervalS} s: ${callId}`, null);
  await releaseDialog(ctx, dialog, { cause: 408, text: 'The session timer expired' }, { cause });
}

function supportsTimer(message: SipRequest): boolean {
  return hasOption(message, 'Supported', 'timer') || hasOption(message, 'Require', 'timer');
}
