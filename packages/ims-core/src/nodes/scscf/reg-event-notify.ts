import type { Clock } from '../../ports/clock.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { tagOf } from '../../protocols/sip/read.ts';
import { DeadlineQueue } from '../../protocols/transaction/deadline-queue.ts';
import type { RegEventSubscription } from './reg-event-subscription.ts';
import type { RegistrationChange } from './registration-change.ts';
import type { Registration } from './registrations.ts';

const NONE: readonly RegEventSubscription[] = [];

/**
 * Who watches the registrations of this S-CSCF, and is told of each change.
 *
 * Deviation: RFC 3680 §4.10 recommends no more than one NOTIFY in 5 s to a subscriber; here each change is told as soon as the NOTIFY before was
 * answered, so that a UE learns at once that the network let it go.
 * @see TS 24.229 5.4.2.1.2
 */
export class RegEvents {
  /** When each subscription ends, unless it is renewed. */
  readonly deadlines: DeadlineQueue<RegEventSubscription>;
  /** By this box's tag in the dialog, which no other dialog has. */
  readonly #byTag = new Map<string, RegEventSubscription>();
  readonly #byResource = new Map<string, readonly RegEventSubscription[]>();

  constructor(clock: Clock) {
    this.deadlines = new DeadlineQueue(clock, (subscription) => subscription.expired());
  }

  get size(): number {
    return this.#byTag.size;
  }

  /** The subscription in whose dialog a request came. */
  find(received: SipRequest): RegEventSubscription | undefined {
    const subscription = this.#byTag.get(tagOf(received, 'To'));
    return subscription?.hasDialogOf(received) ? subscription : undefined;
  }

  /** Subscriptions to the registration of one public identity, given in canonical form. */
  count(resource: string): number {
    return this.#byResource.get(resource)?.length ?? 0;
  }

  add(subscription: RegEventSubscription): void {
    const { tag, resource } = subscription;
    this.#byTag.set(tag, subscription);
    this.#byResource.set(resource, NONE.concat(this.#byResource.get(resource) ?? NONE, subscription));
  }

  remove(subscription: RegEventSubscription): void {
    const { tag, resource } = subscription;
    this.#byTag.delete(tag);
    const others = this.#byResource.get(resource)?.filter((one) => one !== subscription) ?? [];
    if (others.length === 0) this.#byResource.delete(resource);
    else this.#byResource.set(resource, others);
  }

  /** @param cause trace number of what changed the registration */
  changed(change: RegistrationChange, cause: number | null): void {
    for (const subscription of this.#watching(change.before, change.after)) subscription.changed(change, cause);
  }

  /** Ends the subscriptions to a registration without a word. */
  drop(registration: Registration): void {
    for (const subscription of this.#watching(registration)) subscription.drop();
  }

  close(): void {
    this.deadlines.close();
    this.#byTag.clear();
    this.#byResource.clear();
  }

  #watching(...registrations: readonly (Registration | undefined)[]): ReadonlySet<RegEventSubscription> {
    const watching = new Set<RegEventSubscription>();
    for (const registration of registrations) {
      for (const { key } of registration?.profile.identities ?? []) {
        for (const subscription of this.#byResource.get(key) ?? []) watching.add(subscription);
      }
    }
    return watching;
  }
}
