import { receivedDialogKey } from '../../protocols/events/subscription-dialog.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import type { RegEventSubscription } from './reg-event-subscription.ts';
import type { RegistrationChange } from './registration-change.ts';
import type { Registration } from './registrations.ts';

/**
 * Who watches the registrations of this S-CSCF, and is told of each change.
 *
 * Deviation: RFC 3680 §4.10 recommends no more than one NOTIFY in 5 s to a subscriber; here each change is told as soon as the NOTIFY before was
 * answered, so that a UE learns at once that the network let it go.
 * @see TS 24.229 5.4.2.1.2
 */
export class RegEvents {
  readonly #byDialog = new Map<string, RegEventSubscription>();
  readonly #byResource = new Map<string, Set<RegEventSubscription>>();

  get size(): number {
    return this.#byDialog.size;
  }

  /** The subscription in whose dialog a request came. */
  find(received: SipRequest): RegEventSubscription | undefined {
    return this.#byDialog.get(receivedDialogKey(received));
  }

  /** Subscriptions to the registration of one public identity, given in canonical form. */
  count(resource: string): number {
    return this.#byResource.get(resource)?.size ?? 0;
  }

  add(subscription: RegEventSubscription): void {
    const { key, resource } = subscription;
    this.#byDialog.set(key, subscription);
    this.#byResource.set(resource, (this.#byResource.get(resource) ?? new Set()).add(subscription));
  }

  remove(subscription: RegEventSubscription): void {
    const { key, resource } = subscription;
    this.#byDialog.delete(key);
    const others = this.#byResource.get(resource);
    others?.delete(subscription);
    if (others?.size === 0) this.#byResource.delete(resource);
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
    for (const subscription of this.#byDialog.values()) subscription.close();
    this.#byDialog.clear();
    this.#byResource.clear();
  }

  #watching(...registrations: readonly (Registration | undefined)[]): readonly RegEventSubscription[] {
    const resources = registrations.flatMap((one) => one?.profile.identities.map(({ key }) => key) ?? []);
    return [...new Set(resources)].flatMap((resource) => [...(this.#byResource.get(resource) ?? [])]);
  }
}
