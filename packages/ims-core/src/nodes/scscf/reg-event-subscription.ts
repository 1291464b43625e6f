import type { Timer } from '../../ports/clock.ts';
import { REG_EVENT } from '../../protocols/events/event-header.ts';
import { notifierTable } from '../../protocols/events/notifier-machine.ts';
import { buildRegInfo, REGINFO_CONTENT_TYPE } from '../../protocols/events/reginfo.ts';
import {
  dialogAfter,
  isInDialog,
  requestWithin,
  type SubscriptionDialog,
} from '../../protocols/events/subscription-dialog.ts';
import { type SubscriptionState, serializeSubscriptionState } from '../../protocols/events/subscription-state.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import type { HeaderPair } from '../../protocols/sip/build.ts';
import { chargingVector, serializeChargingVector, type1Ioi } from '../../protocols/sip/charging-vector.ts';
import { detached } from '../../protocols/sip/detached.ts';
import { unchanged } from '../../protocols/sip/edit.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { serializeNameAddr } from '../../protocols/sip/name-addr.ts';
import { header, routes } from '../../protocols/sip/read.ts';
import { MachineRun, type RunOf } from '../../protocols/transaction/machine.ts';
import { note, type ScscfContext } from './context.ts';
import { type GoneContact, goneContacts, RegInfoIds, regInfoRegistrations } from './reg-event-document.ts';
import { chargingVectorEcho } from './registered-headers.ts';
import type { ContactEnd, RegistrationChange } from './registration-change.ts';

/** A SUBSCRIBE that may be accepted, and the seconds that it gets; 0 ends the subscription. */
export interface AcceptedSubscribe {
  readonly incoming: IncomingRequest;
  readonly expiresS: number;
}

/** Why a subscription is over. */
type End = Pick<SubscriptionState, 'reason' | 'retryAfterS'>;

const TIMED_OUT: End = { reason: 'timeout' };
const NOTHING_GONE: readonly GoneContact[] = [];

/** What the subscriber is told when nothing is left to watch: only after `deactivated` it may subscribe again at once. @see RFC 6665 §4.1.3 */
const endReasons: Readonly<Record<ContactEnd, string>> = {
  unregistered: 'noresource',
  expired: 'noresource',
  deactivated: 'deactivated',
  probation: 'probation',
  rejected: 'rejected',
};

/** One subscription to the registration of a user: the state of its notifier. @see RFC 6665 §4.2, TS 24.229 5.4.2.1 */
export class RegEventSubscription {
  /** Canonical form of the public identity that is watched. */
  readonly resource: string;
  readonly #context: ScscfContext;
  readonly #ids = new RegInfoIds();
  /** P-Charging-Vector of each NOTIFY; undefined when the SUBSCRIBE brought none. */
  readonly #charging: string | undefined;
  readonly #run: RunOf<typeof notifierTable> = new MachineRun(notifierTable, this);
  #dialog: SubscriptionDialog;
  /** The SUBSCRIBE that is being answered. */
  #subscribe: AcceptedSubscribe | undefined;
  #grantedS: number;
  /** As the subscriber spelled it. */
  #event: string;
  #expiresAtMs = 0;
  #deadline: Timer | undefined;
  #version = 0;
  #gone: readonly GoneContact[] = NOTHING_GONE;
  #end: End = TIMED_OUT;
  #cause: number | null = null;

  constructor(context: ScscfContext, resource: string, dialog: SubscriptionDialog, subscribe: AcceptedSubscribe) {
    this.resource = detached(resource);
    this.#context = context;
    this.#dialog = dialog;
    this.#subscribe = subscribe;
    this.#grantedS = subscribe.expiresS;
    this.#event = eventIn(subscribe);
    const { domain } = context.config;
    const vector = chargingVector(subscribe.incoming.message);
    const ofNotify = vector && { icidValue: vector.icidValue, origIoi: type1Ioi(domain), others: [] };
    this.#charging = ofNotify && detached(serializeChargingVector(ofNotify));
  }

  /** This box's tag in the dialog. */
  get tag(): string {
    return this.#dialog.localTag;
  }

  hasDialogOf(received: SipRequest): boolean {
    return isInDialog(this.#dialog, received);
  }

  /** Answers the SUBSCRIBE that made the subscription and sends the first document. @see RFC 6665 §4.2.1.2 */
  start(): void {
    this.#cause = this.#subscribe?.incoming.cause ?? null;
    this.#run.raise(this.#grantedS === 0 ? 'fetch' : 'SUBSCRIBE');
  }

  /** A SUBSCRIBE within the dialog: more time, or the end. @see RFC 6665 §4.2.1.4, §4.2.1.4 */
  refresh(subscribe: AcceptedSubscribe): void {
    const { message, cause } = subscribe.incoming;
    this.#subscribe = subscribe;
    this.#grantedS = subscribe.expiresS;
    this.#event = eventIn(subscribe);
    this.#dialog = dialogAfter(this.#dialog, message);
    this.#cause = cause;
    this.#run.raise(subscribe.expiresS === 0 ? 'unsubscribe' : 'refresh');
  }

  /** True for a number that a request of this dialog had before. @see RFC 3261 §12.2.2 */
  isOld(cseqNumber: number): boolean {
    return cseqNumber <= this.#dialog.remoteCSeq;
  }

  /** The registration changed; with its last contact the subscription ends too. */
  changed(change: RegistrationChange, cause: number | null): void {
    this.#gone = [...this.#gone, ...goneContacts(change)];
    this.#cause = cause;
    if (this.#context.registrations.serving(this.resource).length > 0) {
      this.#run.raise('change');
      return;
    }
    const { end, retryAfterS } = change;
    this.#end = { reason: endReasons[end], ...(retryAfterS !== undefined && { retryAfterS }) };
    this.#run.raise('end');
  }

  /** Ends it without a word. */
  drop(): void {
    this.#run.raise('drop');
  }

  /** Nobody renewed it. @see RFC 6665 §4.2.2 */
  expired(): void {
    this.#end = TIMED_OUT;
    const text = `Nobody renewed the subscription to the registration of ${this.resource} (RFC 6665 §4.2.2)`;
    this.#cause = note(this.#context, 'SUBSCRIPTION_EXPIRED', text, null);
    this.#run.raise('expiry');
  }

  // The actions of the table.

  accept(): void {
    const { incoming, expiresS } = this.#answering();
    incoming.respond(200, {
      headers: [
        ['Expires', String(expiresS)],
        ['Contact', this.#contact()],
        ...routes(incoming.message, 'Record-Route').map(
          (entry): HeaderPair => ['Record-Route', serializeNameAddr(entry)],
        ),
        ...chargingVectorEcho(incoming.message, this.#context.config.domain),
      ],
      why: expiresS === 0 ? 'the subscription ends (RFC 6665 §4.2.1.4)' : 'subscribed (TS 24.229 5.4.2.1.1)',
    });
  }

  refuse(): void {
    this.#answering().incoming.respond(481, { why: 'the subscription is over (RFC 6665 §4.2.1.4)' });
  }

  startExpiry(): void {
    const { clock, regEvents } = this.#context;
    const afterMs = this.#grantedS * 1000;
    this.#expiresAtMs = clock.now() + afterMs;
    this.#deadline?.stop();
    this.#deadline = regEvents.deadlines.after(afterMs, this);
  }

  stopExpiry(): void {
    this.#deadline?.stop();
  }

  notify(): void {
    void this.#send({ state: 'active', expiresS: this.#remainingS() });
  }

  notifyEnd(): void {
    void this.#send({ state: 'terminated', ...this.#end });
  }

  forget(): void {
    this.#deadline?.stop();
    this.#context.regEvents.remove(this);
  }

  /** The SUBSCRIBE that waits for its answer; afterwards nothing of it is kept. */
  #answering(): AcceptedSubscribe {
    const subscribe = this.#subscribe;
    if (subscribe === undefined) throw new Error('no SUBSCRIBE waits for an answer');
    this.#subscribe = undefined;
    return subscribe;
  }

  #remainingS(): number {
    return Math.max(0, Math.round((this.#expiresAtMs - this.#context.clock.now()) / 1000));
  }

  /** Sends all that the subscriber may know. @see TS 24.229 5.4.2.1.2 */
  async #send(state: SubscriptionState): Promise<void> {
    const { registrations, clock, stack } = this.#context;
    const gone = this.#gone;
    this.#gone = NOTHING_GONE;
    const body = buildRegInfo({
      version: this.#version,
      state: 'full',
      registrations: regInfoRegistrations({
        registrations,
        resource: this.resource,
        gone,
        ids: this.#ids,
        told: this.#version > 0,
        nowMs: clock.now(),
      }),
    });
    this.#version += 1;
    const sent = requestWithin(
      this.#dialog,
      'NOTIFY',
      [
        ['Contact', this.#contact()],
        ['Event', this.#event],
        ['Subscription-State', serializeSubscriptionState(state)],
        ...(this.#charging === undefined ? [] : ([['P-Charging-Vector', this.#charging]] satisfies HeaderPair[])),
        ['Content-Type', REGINFO_CONTENT_TYPE],
      ],
      body,
    );
    this.#dialog = sent.dialog;
    const cause = { cause: this.#cause };
    const { status } = await stack.request({ request: unchanged(sent.request) }, cause);
    if (status < 300) {
      this.#run.raise('2xx');
      return;
    }
    if (state.state === 'active') {
      const text = `The subscriber did not take the NOTIFY: ${status}; it is not told any more (RFC 6665 §4.2.2)`;
      note(this.#context, 'SUBSCRIPTION_FAILED', text, cause.cause);
    }
    this.#run.raise('failure');
  }

  #contact(): string {
    return `<${this.#context.config.uri};transport=tcp>`;
  }
}

function eventIn({ incoming }: AcceptedSubscribe): string {
  const event = header(incoming.message, 'Event') ?? REG_EVENT;
  return event === REG_EVENT ? REG_EVENT : detached(event);
}
