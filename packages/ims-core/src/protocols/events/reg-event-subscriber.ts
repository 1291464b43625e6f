import type { Clock, Timer } from '../../ports/clock.ts';
import type { HeaderPair } from '../sip/build.ts';
import { detached } from '../sip/detached.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { bodyText, callId, contentType, cseq, expires, header, tagOf } from '../sip/read.ts';
import { DeadlineQueue } from '../transaction/deadline-queue.ts';
import { MachineRun, type RunOf } from '../transaction/machine.ts';
import { coreTimers, transactionLifeMs } from '../transaction/timers.ts';
import { eventOf, REG_EVENT } from './event-header.ts';
import { parseRegInfo } from './parse-reginfo.ts';
import { REGINFO_CONTENT_TYPE, type RegInfo } from './reginfo.ts';
import { subscriberTable } from './subscriber-machine.ts';
import { dialogAfter, requestWithin, type SubscriptionDialog, subscriberDialog } from './subscription-dialog.ts';
import { parseSubscriptionState } from './subscription-state.ts';

/** Time of a subscription to a registration that a UE or P-CSCF asks for, in seconds: longer than any registration. @see TS 24.229 5.1.1.3, 5.2.3 */
export const REG_EVENT_EXPIRES_S = 600_000;

/** Answers to a SUBSCRIBE within a dialog that end the subscription. @see RFC 6665 §4.1.2.2, RFC 5057 §5.2 */
const ENDING_STATUSES: ReadonlySet<number> = new Set([404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);

/** A subscription that is longer than this is renewed `EARLY_S` before its end, a shorter one at half its time. @see TS 24.229 5.1.1.3, 5.2.3 */
const LONG_SUBSCRIPTION_S = 1200;
const EARLY_S = 600;

/** Who subscribes: what all its subscriptions have in common. */
export interface RegEventUser<Watched> {
  /** Headers of a later SUBSCRIBE beside those of its dialog, for a subscription of this many seconds. */
  headers(watched: Watched, expiresS: number): readonly HeaderPair[];
  /**
   * Sends a SUBSCRIBE and resolves with its final response, 408 when none comes. Never rejects.
   * @param cause trace number of what makes the subscriber send it
   */
  send(subscribe: SipRequest, watched: Watched, cause: number | null): Promise<SipResponse>;
  /**
   * A document came.
   * @param isFirst no document of this subscription was told before
   * @param cause trace number of the NOTIFY
   */
  told(watched: Watched, info: RegInfo, isFirst: boolean, cause: number | null): void;
  /** The subscription is over. */
  ended(subscriber: RegEventSubscriber<Watched>): void;
}

/** Where the subscriptions of one subscriber live: they share its clock and one timer of it. */
export class RegEventSubscribers<Watched> {
  readonly clock: Clock;
  readonly user: RegEventUser<Watched>;
  readonly deadlines: DeadlineQueue<RegEventSubscriber<Watched>>;

  constructor(clock: Clock, user: RegEventUser<Watched>) {
    this.clock = clock;
    this.user = user;
    this.deadlines = new DeadlineQueue(clock, (subscriber) => subscriber.deadlineReached());
  }
}

/** The answer to a NOTIFY. */
export interface NotifyAnswer {
  readonly status: number;
  readonly why: string;
}

/** A moment that does not come. */
const NEVER_MS = Number.POSITIVE_INFINITY;

/** A subscription to the registration of a user, at the UE or P-CSCF that made it. @see RFC 6665 §4.1, RFC 3680 §4 */
export class RegEventSubscriber<Watched> {
  readonly watched: Watched;
  /** Stands in every NOTIFY for it. */
  readonly callId: string;
  readonly #home: RegEventSubscribers<Watched>;
  readonly #localTag: string;
  /** The first SUBSCRIBE, until there is a dialog. */
  #first: SipRequest | undefined;
  readonly #run: RunOf<typeof subscriberTable> = new MachineRun(subscriberTable, this);
  #dialog: SubscriptionDialog | undefined;
  #grantedS = REG_EVENT_EXPIRES_S;
  /** Timer N, and when the subscription is renewed and when it ends; milliseconds since 1970. */
  #timerNAtMs = NEVER_MS;
  #refreshAtMs = NEVER_MS;
  #expiresAtMs = NEVER_MS;
  /** Of the first of these moments. */
  #deadline: Timer | undefined;
  /** What the NOTIFY that is being taken brought. */
  #document: RegInfo | undefined;
  /** Of the last document that was told; -1 before the first. */
  #version = -1;
  #cause: number | null = null;
  #closed = false;

  /** @param subscribe the first SUBSCRIBE, whole but for its Via */
  constructor(home: RegEventSubscribers<Watched>, watched: Watched, subscribe: SipRequest) {
    this.#home = home;
    this.watched = watched;
    this.#first = subscribe;
    this.callId = detached(callId(subscribe));
    this.#localTag = detached(tagOf(subscribe, 'From'));
  }

  start(cause: number | null): void {
    this.#cause = cause;
    this.#run.raise('subscribe');
  }

  /** The registration lasts until then: the subscription has to last longer. @param untilMs milliseconds since 1970 */
  outlast(untilMs: number, cause: number | null): void {
    if (this.#expiresAtMs > untilMs) return;
    this.#cause = cause;
    this.#run.raise('refreshDue');
  }

  /** Ends the subscription: the registration is of no interest any more. */
  end(cause: number | null): void {
    this.#cause = cause;
    this.#run.raise('unsubscribe');
  }

  /** Stops at once, without a word to anybody. */
  close(): void {
    this.#closed = true;
    this.#deadline?.stop();
  }

  /** The first of its moments is there. */
  deadlineReached(): void {
    const atMs = this.#firstMoment();
    if (atMs === this.#timerNAtMs) {
      this.stopTimerN();
      this.#run.raise('timerN');
    } else if (atMs === this.#refreshAtMs) {
      this.#refreshAtMs = NEVER_MS;
      this.#setDeadline();
      this.#cause = null;
      this.#run.raise('refreshDue');
    } else {
      this.#expiresAtMs = NEVER_MS;
      this.#setDeadline();
      this.#run.raise('expiry');
    }
  }

  /**
   * Takes a NOTIFY with this Call-ID. `answer` is called with the answer to it before anything else happens.
   * @see RFC 6665 §4.1.3
   */
  notified(notify: SipRequest, cause: number | null, answer: (answer: NotifyAnswer) => void): void {
    const refusal = this.#refusal(notify);
    const state = parseSubscriptionState(header(notify, 'Subscription-State') ?? '');
    const document = documentOf(notify);
    const dialog = this.#dialog ?? (this.#first && subscriberDialog(this.#first, notify));
    if (refusal !== undefined) answer(refusal);
    else if (state === undefined) answer({ status: 400, why: 'a NOTIFY without Subscription-State (RFC 6665 §4.1.3)' });
    else if (document === 'unreadable') answer({ status: 400, why: 'the body is no reginfo document (RFC 3680 §5)' });
    else if (dialog === undefined) answer({ status: 400, why: 'the first NOTIFY names no Contact (RFC 3261 §12.1.1)' });
    else {
      answer({ status: 200, why: 'heard (RFC 6665 §4.1.3)' });
      this.#begin(dialogAfter(dialog, notify));
      this.#document = document;
      this.#cause = cause;
      if (state.expiresS !== undefined) this.#setExpiry(state.expiresS);
      this.#run.raise(`NOTIFY ${state.state}`);
      this.#document = undefined;
    }
  }

  /** Why a NOTIFY is none of this subscription, or comes out of turn. */
  #refusal(notify: SipRequest): NotifyAnswer | undefined {
    const isFromNotifier = this.#dialog === undefined || this.#dialog.remoteTag === tagOf(notify, 'From');
    if (!isFromNotifier || tagOf(notify, 'To') !== this.#localTag || this.#run.ended) {
      return { status: 481, why: 'no subscription has this dialog (RFC 6665 §4.1.3)' };
    }
    if (eventOf(notify).name !== REG_EVENT) {
      return { status: 489, why: 'the subscription is to another event package (RFC 6665 §4.1.3)' };
    }
    if (this.#dialog !== undefined && (cseq(notify)?.number ?? 0) <= this.#dialog.remoteCSeq) {
      return { status: 500, why: 'CSeq is not higher than before (RFC 3261 §12.2.2)' };
    }
    return undefined;
  }

  // The actions of the table.

  subscribe(): void {
    if (this.#first !== undefined) void this.#send(this.#first);
  }

  refresh(): void {
    this.#sendWithin(REG_EVENT_EXPIRES_S);
  }

  unsubscribe(): void {
    this.#sendWithin(0);
  }

  startTimerN(): void {
    this.#timerNAtMs = this.#home.clock.now() + transactionLifeMs(coreTimers);
    this.#setDeadline();
  }

  stopTimerN(): void {
    this.#timerNAtMs = NEVER_MS;
    this.#setDeadline();
  }

  startExpiry(): void {
    this.#setExpiry(this.#grantedS);
  }

  stopTimers(): void {
    this.#timerNAtMs = NEVER_MS;
    this.#refreshAtMs = NEVER_MS;
    this.#expiresAtMs = NEVER_MS;
    this.#setDeadline();
  }

  deliver(): void {
    const info = this.#document;
    const before = this.#version;
    // RFC 3680 §5.2: an older document than the last one says nothing new.
    if (info === undefined || info.version <= before) return;
    this.#version = info.version;
    // RFC 3680 §5.2: a part is of use only to whom no part before is missing.
    if (info.state === 'partial' && info.version > before + 1) this.#run.raise('refreshDue');
    else this.#home.user.told(this.watched, info, before < 0, this.#cause);
  }

  forget(): void {
    this.#home.user.ended(this);
  }

  #sendWithin(expiresS: number): void {
    if (this.#dialog === undefined) return;
    const sent = requestWithin(this.#dialog, 'SUBSCRIBE', this.#home.user.headers(this.watched, expiresS));
    this.#dialog = sent.dialog;
    void this.#send(sent.request);
  }

  /** The dialog is there, or goes on: what made it need not be kept. */
  #begin(dialog: SubscriptionDialog): void {
    // One copy of its own names is enough.
    this.#dialog = { ...dialog, callId: this.callId, localTag: this.#localTag };
    this.#first = undefined;
  }

  async #send(subscribe: SipRequest): Promise<void> {
    const isFirst = subscribe === this.#first;
    const response = await this.#home.user.send(subscribe, this.watched, this.#cause);
    if (this.#closed) return;
    const { status } = response;
    if (status < 300) {
      const begun = this.#first && subscriberDialog(this.#first, response);
      if (this.#dialog === undefined && begun !== undefined) this.#begin(begun);
      this.#grantedS = expires(response) ?? this.#grantedS;
      this.#run.raise('2xx');
    } else this.#run.raise(isFirst || ENDING_STATUSES.has(status) ? 'gone' : 'failure');
  }

  #setExpiry(seconds: number): void {
    const now = this.#home.clock.now();
    this.#expiresAtMs = now + seconds * 1000;
    this.#refreshAtMs = now + (seconds > LONG_SUBSCRIPTION_S ? seconds - EARLY_S : seconds / 2) * 1000;
    this.#setDeadline();
  }

  #firstMoment(): number {
    return Math.min(this.#timerNAtMs, this.#refreshAtMs, this.#expiresAtMs);
  }

  #setDeadline(): void {
    const { clock, deadlines } = this.#home;
    const atMs = this.#firstMoment();
    this.#deadline?.stop();
    this.#deadline = atMs === NEVER_MS ? undefined : deadlines.after(atMs - clock.now(), this);
  }
}

/** The document of a NOTIFY; undefined when it has no body. */
function documentOf(message: SipRequest): RegInfo | 'unreadable' | undefined {
  if (message.body.length === 0) return undefined;
  if (contentType(message) !== REGINFO_CONTENT_TYPE) return 'unreadable';
  const parsed = parseRegInfo(bodyText(message));
  return parsed.ok ? parsed.value : 'unreadable';
}
