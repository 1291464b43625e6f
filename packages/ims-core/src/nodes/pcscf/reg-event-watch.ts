import { parseRegInfo } from '../../protocols/events/parse-reginfo.ts';
import { REGINFO_CONTENT_TYPE, type RegInfo } from '../../protocols/events/reginfo.ts';
import { subscriberTable } from '../../protocols/events/subscriber-machine.ts';
import {
  dialogAfter,
  requestWithin,
  type SubscriptionDialog,
  subscriberDialog,
} from '../../protocols/events/subscription-dialog.ts';
import { parseSubscriptionState } from '../../protocols/events/subscription-state.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { type HeaderPair, request } from '../../protocols/sip/build.ts';
import { newIcid } from '../../protocols/sip/charging-vector.ts';
import { unchanged } from '../../protocols/sip/edit.ts';
import { newCallId, newTag } from '../../protocols/sip/ids.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { bodyText, contentType, cseq, expires, header, tagOf } from '../../protocols/sip/read.ts';
import { MachineRun } from '../../protocols/transaction/machine.ts';
import { coreTimers, TimerSet, transactionLifeMs } from '../../protocols/transaction/timers.ts';
import { originatingVector } from './charging.ts';
import { REG_EVENT_EXPIRES_S } from './config.ts';
import type { PcscfContext } from './context.ts';

/** Answers to a SUBSCRIBE within a dialog that end the subscription. @see RFC 6665 §4.1.2.2, RFC 5057 §5.2 */
const ENDING_STATUSES: ReadonlySet<number> = new Set([404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);

/** A subscription that is longer than this is renewed `EARLY_S` before its end, a shorter one at half its time. @see TS 24.229 5.2.3 */
const LONG_SUBSCRIPTION_S = 1200;
const EARLY_S = 600;

/** Whose registration is watched, and with what the watcher shows that it may. */
export interface Watched {
  readonly impi: string;
  /** A SIP URI of the user. */
  readonly impu: string;
  /** Own entry in the Path of the user's contact. */
  readonly pathUri: string;
}

export interface WatchEvents {
  /**
   * A document came.
   * @param before the document before it; undefined for the first one
   * @param cause trace number of the NOTIFY
   */
  told(info: RegInfo, before: RegInfo | undefined, cause: number): void;
  /** The subscription is over. */
  ended(): void;
}

/** The P-CSCF's subscription to the registration of one user. @see TS 24.229 5.2.3, RFC 6665 §4.1 */
export class RegEventWatch {
  readonly watched: Watched;
  readonly #ctx: PcscfContext;
  readonly #events: WatchEvents;
  readonly #subscribe: SipRequest;
  readonly #timers: TimerSet<'N' | 'refresh' | 'expiry'>;
  readonly #run = new MachineRun(subscriberTable, {
    subscribe: () => void this.#send(this.#subscribe),
    refresh: () => this.#sendWithin(REG_EVENT_EXPIRES_S),
    unsubscribe: () => this.#sendWithin(0),
    startTimerN: () => {
      this.#timers.start('N', transactionLifeMs(coreTimers), () => this.#run.raise('timerN'));
    },
    stopTimerN: () => this.#timers.stop('N'),
    startExpiry: () => this.#startExpiry(),
    stopTimers: () => this.#timers.stopAll(),
    deliver: () => this.#deliver(),
    forget: () => this.#events.ended(),
  });
  #dialog: SubscriptionDialog | undefined;
  #grantedS = REG_EVENT_EXPIRES_S;
  #expiresAtMs = Number.POSITIVE_INFINITY;
  /** What the last NOTIFY brought, and what the one before did. */
  #document: RegInfo | undefined;
  #before: RegInfo | undefined;
  #cause: number | null;
  #closed = false;

  constructor(ctx: PcscfContext, watched: Watched, cause: number | null, events: WatchEvents) {
    this.watched = watched;
    this.#ctx = ctx;
    this.#cause = cause;
    this.#events = events;
    this.#timers = new TimerSet(ctx.clock);
    this.#subscribe = firstSubscribe(ctx, watched);
  }

  /** Call-ID and own tag: what a NOTIFY has to name before its sender is known. */
  get callId(): string {
    return header(this.#subscribe, 'Call-ID') ?? '';
  }

  get #localTag(): string {
    return tagOf(this.#subscribe, 'From');
  }

  start(): void {
    this.#run.raise('subscribe');
  }

  /** The registration lasts until then: the subscription has to last longer. @param untilMs milliseconds since 1970 */
  outlast(untilMs: number, cause: number | null): void {
    if (this.#expiresAtMs > untilMs) return;
    this.#cause = cause;
    this.#run.raise('refreshDue');
  }

  /** Ends the subscription: nobody is left whose registration is of interest. */
  end(cause: number | null): void {
    this.#cause = cause;
    this.#run.raise('unsubscribe');
  }

  close(): void {
    this.#closed = true;
    this.#timers.stopAll();
  }

  /** Takes a NOTIFY with this Call-ID. @see RFC 6665 §4.1.3 */
  notified(incoming: IncomingRequest): void {
    const { message } = incoming;
    if (tagOf(message, 'To') !== this.#localTag || !this.#isFromNotifier(message)) {
      incoming.respond(481, { why: 'no subscription has this dialog (RFC 6665 §4.1.3)' });
      return;
    }
    if (this.#dialog !== undefined && (cseq(message)?.number ?? 0) <= this.#dialog.remoteCSeq) {
      incoming.respond(500, { why: 'CSeq is not higher than before (RFC 3261 §12.2.2)' });
      return;
    }
    const state = parseSubscriptionState(header(message, 'Subscription-State') ?? '');
    if (state === undefined) {
      incoming.respond(400, { why: 'a NOTIFY without Subscription-State (RFC 6665 §4.1.3)' });
      return;
    }
    const document = documentOf(message);
    if (document === 'unreadable') {
      incoming.respond(400, { why: 'the body is no reginfo document (RFC 3680 §5)' });
      return;
    }
    const dialog = this.#dialog === undefined ? subscriberDialog(this.#subscribe, message) : this.#dialog;
    if (dialog === undefined) {
      incoming.respond(400, { why: 'the first NOTIFY names no Contact (RFC 3261 §12.1.1)' });
      return;
    }
    incoming.respond(200, { why: 'heard (RFC 6665 §4.1.3)' });
    this.#dialog = dialogAfter(dialog, message);
    this.#document = document;
    this.#cause = incoming.cause;
    if (state.expiresS !== undefined) this.#setExpiry(state.expiresS);
    this.#run.raise(`NOTIFY ${state.state}`);
  }

  #isFromNotifier(message: SipRequest): boolean {
    return this.#dialog === undefined || this.#dialog.remoteTag === tagOf(message, 'From');
  }

  #deliver(): void {
    const info = this.#document;
    // RFC 3680 §5.1: an older document than the last one says nothing new.
    const before = this.#before;
    const version = before?.version ?? -1;
    if (info === undefined || this.#cause === null || info.version <= version) return;
    // RFC 3680 §5.1: a part is of use only to whom no part before is missing.
    const hasGap = info.state === 'partial' && info.version > version + 1;
    this.#before = info;
    if (hasGap) this.#run.raise('refreshDue');
    else this.#events.told(info, before, this.#cause);
  }

  #sendWithin(expiresS: number): void {
    if (this.#dialog === undefined) return;
    const sent = requestWithin(this.#dialog, 'SUBSCRIBE', subscribeHeaders(this.#ctx, this.watched, expiresS));
    this.#dialog = sent.dialog;
    void this.#send(sent.request);
  }

  async #send(message: SipRequest): Promise<void> {
    const isFirst = message === this.#subscribe;
    const response = await this.#ctx.stack.request({ request: unchanged(message) }, { cause: this.#cause });
    const { status } = response;
    if (this.#closed) return;
    if (status < 300) {
      this.#dialog ??= subscriberDialog(this.#subscribe, response);
      this.#grantedS = expires(response) ?? this.#grantedS;
      this.#run.raise('2xx');
      return;
    }
    if (isFirst) {
      this.#ctx.log.warn(
        { impi: this.watched.impi, status },
        'the home network lets this P-CSCF not watch a registration',
      );
    }
    this.#run.raise(isFirst || ENDING_STATUSES.has(status) ? 'gone' : 'failure');
  }

  #startExpiry(): void {
    this.#setExpiry(this.#grantedS);
  }

  #setExpiry(seconds: number): void {
    this.#expiresAtMs = this.#ctx.clock.now() + seconds * 1000;
    const refreshS = seconds > LONG_SUBSCRIPTION_S ? seconds - EARLY_S : seconds / 2;
    this.#timers.start('refresh', refreshS * 1000, () => {
      this.#cause = null;
      this.#run.raise('refreshDue');
    });
    this.#timers.start('expiry', seconds * 1000, () => this.#run.raise('expiry'));
  }
}

/** @see TS 24.229 5.2.3 */
function firstSubscribe(ctx: PcscfContext, watched: Watched): SipRequest {
  const { config, random } = ctx;
  return request('SUBSCRIBE', watched.impu, [
    ['Max-Forwards', '70'],
    ['From', `<sip:${config.host}:${config.port}>;tag=${newTag(random)}`],
    ['To', `<${watched.impu}>`],
    ['Call-ID', newCallId(random, config.host)],
    ['CSeq', '1 SUBSCRIBE'],
    ...subscribeHeaders(ctx, watched, REG_EVENT_EXPIRES_S),
  ]);
}

function subscribeHeaders({ config, random }: PcscfContext, watched: Watched, expiresS: number): readonly HeaderPair[] {
  return [
    ['Contact', `<sip:${config.host}:${config.port};transport=tcp>`],
    ['Event', 'reg'],
    ['Accept', REGINFO_CONTENT_TYPE],
    ['Expires', String(expiresS)],
    ['P-Asserted-Identity', `<${watched.pathUri}>`],
    ['P-Charging-Vector', originatingVector(config, newIcid(random))],
  ];
}

/** The document of a NOTIFY; undefined when it has no body. */
function documentOf(message: SipRequest): RegInfo | 'unreadable' | undefined {
  if (message.body.length === 0) return undefined;
  if (contentType(message) !== REGINFO_CONTENT_TYPE) return 'unreadable';
  const parsed = parseRegInfo(bodyText(message));
  return parsed.ok ? parsed.value : 'unreadable';
}
