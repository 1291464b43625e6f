import type { Clock, Timer } from '../../ports/clock.ts';
import type { HeaderPair } from '../../protocols/sip/build.ts';
import type { SipMessage, SipRequest } from '../../protocols/sip/message.ts';
import { hasOption } from '../../protocols/sip/read.ts';
import {
  DEFAULT_MIN_SE_S,
  minSe,
  serializeSessionExpires,
  sessionExpires,
} from '../../protocols/sip/session-expires.ts';
import type { UasRefusal } from './uas-request.ts';

/** Interval that this end wishes when the other end has no wish, seconds. */
const WISHED_INTERVAL_S = 1_800;
/** Longest call of an end that cannot say that it is still there, seconds. */
const LONGEST_UNTIMED_CALL_S = 3_600;
/** The end that does not refresh gives up this long before the session expires, at most a third of its life. @see RFC 4028 §10 */
const EARLY_END_S = 32;

/** What both ends of a dialog agree on. */
export interface AgreedSessionTimer {
  readonly intervalS: number;
  /** This end is to refresh the session. */
  readonly refreshedHere: boolean;
}

/** 422 for a session that would have to be refreshed too often. @see RFC 4028 §9 */
export function refusalOfSessionTimer(message: SipRequest): UasRefusal | undefined {
  const wish = sessionExpires(message);
  if (wish === undefined || wish.intervalS >= DEFAULT_MIN_SE_S || !hasOption(message, 'Supported', 'timer')) {
    return undefined;
  }
  const headers = [['Min-SE', String(DEFAULT_MIN_SE_S)]] as const;
  return { status: 422, options: { headers, why: 'the session interval is too small (RFC 4028 §9)' } };
}

/**
 * What the answer to an INVITE or UPDATE agrees to, so that no call stays when its other end is gone without a word.
 *
 * Deviation: RFC 4028 §9 lets this end refresh by re-INVITE too; a session whose other end neither refreshes nor takes an UPDATE
 * has no timer, and ends after an hour.
 */
export function agreedSessionTimer(message: SipRequest): AgreedSessionTimer | undefined {
  const wish = sessionExpires(message) ?? { intervalS: WISHED_INTERVAL_S, refresher: undefined };
  const refreshesItself = hasOption(message, 'Supported', 'timer');
  const refreshedHere = wish.refresher === 'uas' || !refreshesItself;
  if (refreshedHere && !hasOption(message, 'Allow', 'UPDATE')) return undefined;
  return { intervalS: Math.max(wish.intervalS, minSe(message) ?? 0, DEFAULT_MIN_SE_S), refreshedHere };
}

/** Header lines of the 2xx. @see RFC 4028 §9 */
export function sessionTimerHeaders(agreed: AgreedSessionTimer | undefined): readonly HeaderPair[] {
  if (agreed === undefined) return [];
  const refresher = agreed.refreshedHere ? 'uas' : 'uac';
  const value = serializeSessionExpires({ intervalS: agreed.intervalS, refresher });
  return [['Session-Expires', value], ...(refresher === 'uac' ? ([['Require', 'timer']] as const) : [])];
}

/** What the answer to a refresh of this end agrees to. @see RFC 4028 §7.2 */
export function refreshedSessionTimer(answer: SipMessage): AgreedSessionTimer | undefined {
  const agreed = sessionExpires(answer);
  return agreed && { intervalS: agreed.intervalS, refreshedHere: agreed.refresher !== 'uas' };
}

/** Counts the life of one session, from refresh to refresh. @see RFC 4028 §10 */
export class SessionTimer {
  readonly #clock: Clock;
  readonly #refresh: () => void;
  readonly #expired: () => void;
  #running: Timer | undefined;

  constructor(clock: Clock, refresh: () => void, expired: () => void) {
    this.#clock = clock;
    this.#refresh = refresh;
    this.#expired = expired;
  }

  /** Begins anew. */
  start(agreed: AgreedSessionTimer | undefined): void {
    this.stop();
    const { intervalS, refreshedHere } = agreed ?? { intervalS: LONGEST_UNTIMED_CALL_S, refreshedHere: false };
    const delayS = refreshedHere ? intervalS / 2 : intervalS - Math.min(EARLY_END_S, intervalS / 3);
    this.#running = this.#clock.after(delayS * 1_000, refreshedHere ? this.#refresh : this.#expired);
  }

  stop(): void {
    this.#running?.stop();
    this.#running = undefined;
  }
}
