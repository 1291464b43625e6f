import type { StoredSubscriber } from '@imslab/ims-core/ports/subscriber-store';

/** Every subscriber in memory, found by any identity without a search; an estimated 2 KiB each. */
export class SubscriberDirectory {
  readonly #byImsi = new Map<string, StoredSubscriber>();
  readonly #imsiByImpi = new Map<string, string>();
  readonly #imsiByImpu = new Map<string, string>();

  constructor(subscribers: readonly StoredSubscriber[]) {
    for (const subscriber of subscribers) {
      const { imsi, impi, identities } = subscriber;
      this.#byImsi.set(imsi, subscriber);
      this.#imsiByImpi.set(impi, imsi);
      for (const { uri } of identities) this.#imsiByImpu.set(uri, imsi);
    }
  }

  list(): readonly StoredSubscriber[] {
    return [...this.#byImsi.values()];
  }

  byImsi(imsi: string): StoredSubscriber | undefined {
    return this.#byImsi.get(imsi);
  }

  byImpi(impi: string): StoredSubscriber | undefined {
    return this.#byImsi.get(this.#imsiByImpi.get(impi) ?? '');
  }

  /** `uri` in canonical form. */
  byImpu(uri: string): StoredSubscriber | undefined {
    return this.#byImsi.get(this.#imsiByImpu.get(uri) ?? '');
  }

  /** Takes the new state of a subscriber that it has; the identities stay as they are. */
  replace(subscriber: StoredSubscriber): void {
    this.#byImsi.set(subscriber.imsi, subscriber);
  }
}
