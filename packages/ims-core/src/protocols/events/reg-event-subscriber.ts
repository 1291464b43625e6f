import type { Clock } from '../../ports/clock.ts';
import type { HeaderPair } from '../sip/build.ts';
import { detached } from '../sip/detached.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { bodyText, callId, contentType, cseq, expires, header, tagOf } from '../sip/read.ts';
import { MachineRun } from '../transaction/machine.ts';
import { coreTimers, TimerSet, transactionLifeMs } from '../transaction/timers.ts';
import { eventOf } from './event-header.ts';
import { parseRegInfo } from './parse-reginfo.ts';
import { REGINFO_CONTENT_TYPE, type RegInfo } from './reginfo.ts';
import { subscriberTable } from './subscriber-machine.ts';
import { dialogAfter, requestWithin, type SubscriptionDialog, subscriberDialog } from './subscription-dialog.ts';
import { parseSubscriptionState, type SubscriptionState } from './subscription-state.ts';

/** Time of a subscription to a registration that a UE or P-CSCF asks for, in seconds: longer than any registration. @see TS 24.229 5.1.1.3, 5.2.3 */
export const REG_EVENT_EXPIRES_S = 600_000;

/** Answers to a SUBSCRIBE within a dialog that end the subscription. @see RFC 6665 §4.1.2.2, RFC 5057 §5.2 */
const ENDING_STATUSES: ReadonlySet<number> = new Set([404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);

/** A subscription that is longer than this is renewed `EARLY_S` before its end, a shorter one at half its time. @see TS 24.229 5.1.1.3, 5.2.3 */
const LONG_SUBSCRIPTION_S = 1200;
const EARLY_S = 600;

export interface RegEventSubscriberOptions {
  readonly clock: Clock;
  /** The first SUBSCRIBE, whole but for its Via. */
  readonly subscribe: SipRequest;
  /** Headers of a later SUBSCRIBE beside those of its dialog, for a subscription of this many seconds. */
  readonly headers: (expiresS: number) => readonly HeaderPair[];
  /**
   * Sends a SUBSCRIBE and resolves with its final response, 408 when none comes. Never rejects.
   * @param cause trace number of what makes the subscriber send it
   */
  readonly send: (subscribe: SipRequest, cause: number | null) => Promise<SipResponse>;
  /**
   * A document came.
   * @param before the document before it; undefined for the first one
   * @param cause trace number of the NOTIFY
   */
  readonly told: (info: RegInfo, before: RegInfo | undefined, cause: number | null) => void;
  /** The subscription is over. @param last Subscription-State of the last NOTIFY; undefined when none came */
  readonly ended: (last: SubscriptionState | undefined) => void;
}

/** The answer to a NOTIFY. */
export interface NotifyAnswer {
  readonly status: number;
  readonly why: string;
}

/** A subscription to the registration of a user, at the UE or P-CSCF that made it. @see RFC 6665 §4.1, RFC 3680 §4 */
export class RegEventSubscriber {
  readonly #options: Omit<RegEventSubscriberOptions, 'subscribe'>;
  /** Stands in every NOTIFY for it. */
  readonly callId: string;
  readonly #localTag: string;
  readonly #event: string;
  /** The first SUBSCRIBE, until there is a dialog. */
  #first: SipRequest | undefined;
  readonly #timers: TimerSet<'N' | 'refresh' | 'expiry'>;
  readonly #run = new MachineRun(subscriberTable, {
    subscribe: () => this.#first && void this.#send(this.#first),
    refresh: () => this.#sendWithin(REG_EVENT_EXPIRES_S),
    unsubscribe: () => this.#sendWithin(0),
    startTimerN: () => {
      this.#timers.start('N', transactionLifeMs(coreTimers), () => this.#run.raise('timerN'));
    },
    stopTimerN: () => this.#timers.stop('N'),
    startExpiry: () => this.#setExpiry(this.#grantedS),
    stopTimers: () => this.#timers.stopAll(),
    deliver: () => this.#deliver(),
    forget: () => this.#options.ended(this.#state),
  });
  #dialog: SubscriptionDialog | undefined;
  #grantedS = REG_EVENT_EXPIRES_S;
  #expiresAtMs = Number.POSITIVE_INFINITY;
  #state: SubscriptionState | undefined;
  /** What the last NOTIFY brought, and the last document that was told. */
  #document: RegInfo | undefined;
  #before: RegInfo | undefined;
  #cause: number | null = null;
  #closed = false;

  constructor({ subscribe, ...options }: RegEventSubscriberOptions) {
    this.#options = options;
    this.#first = subscribe;
    this.callId = detached(callId(subscribe));
    this.#localTag = detached(tagOf(subscribe, 'From'));
    this.#event = detached(eventOf(subscribe).name);
    this.#timers = new TimerSet(options.clock);
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
    this.#timers.stopAll();
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
      this.#document = document && detached(document);
      this.#state = detached(state);
      this.#cause = cause;
      if (state.expiresS !== undefined) this.#setExpiry(state.expiresS);
      this.#run.raise(`NOTIFY ${state.state}`);
    }
  }

  /** Why a NOTIFY is none of this subscription, or comes out of turn. */
  #refusal(notify: SipRequest): NotifyAnswer | undefined {
    const isFromNotifier = this.#dialog === undefined || this.#dialog.remoteTag === tagOf(notify, 'From');
    if (!isFromNotifier || tagOf(notify, 'To') !== this.#localTag || this.#run.ended) {
      return { status: 481, why: 'no subscription has this dialog (RFC 6665 §4.1.3)' };
    }
    if (eventOf(notify).name !== this.#event) {
      return { status: 489, why: 'the subscription is to another event package (RFC 6665 §4.1.3)' };
    }
    if (this.#dialog !== undefined && (cseq(notify)?.number ?? 0) <= this.#dialog.remoteCSeq) {
      return { status: 500, why: 'CSeq is not higher than before (RFC 3261 §12.2.2)' };
    }
    return undefined;
  }

  #deliver(): void {
    const info = this.#document;
    const before = this.#before;
    const version = before?.version ?? -1;
    // RFC 3680 §5.2: an older document than the last one says nothing new.
    if (info === undefined || info.version <= version) return;
    this.#before = info;
    // RFC 3680 §5.2: a part is of use only to whom no part before is missing.
    if (info.state === 'partial' && info.version > version + 1) this.#run.raise('refreshDue');
    else this.#options.told(info, before, this.#cause);
  }

  #sendWithin(expiresS: number): void {
    if (this.#dialog === undefined) return;
    const sent = requestWithin(this.#dialog, 'SUBSCRIBE', this.#options.headers(expiresS));
    this.#dialog = sent.dialog;
    void this.#send(sent.request);
  }

  /** The dialog is there, or goes on: what made it need not be kept. */
  #begin(dialog: SubscriptionDialog): void {
    this.#dialog = detached(dialog);
    this.#first = undefined;
  }

  async #send(subscribe: SipRequest): Promise<void> {
    const isFirst = subscribe === this.#first;
    const response = await this.#options.send(subscribe, this.#cause);
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
    this.#expiresAtMs = this.#options.clock.now() + seconds * 1000;
    const refreshS = seconds > LONG_SUBSCRIPTION_S ? seconds - EARLY_S : seconds / 2;
    this.#timers.start('refresh', refreshS * 1000, () => {
      this.#cause = null;
      this.#run.raise('refreshDue');
    });
    this.#timers.start('expiry', seconds * 1000, () => this.#run.raise('expiry'));
  }
}

/** The document of a NOTIFY; undefined when it has no body. */
function documentOf(message: SipRequest): RegInfo | 'unreadable' | undefined {
  if (message.body.length === 0) return undefined;
  if (contentType(message) !== REGINFO_CONTENT_TYPE) return 'unreadable';
  const parsed = parseRegInfo(bodyText(message));
  return parsed.ok ? parsed.value : 'unreadable';
}
