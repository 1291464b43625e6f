import type { StoredSubscriber } from '@imslab/ims-core/ports/subscriber-store';

/** Every subscriber in memory, found by any identity without a search; an estimated 2 KiB each. */
export class SubscriberDirectory {
  readonly #byImsi = new Map<string, StoredSubscriber>();
  readonly #imsiByImpi = new Map<string, string>();
  readonly #imsiByImpu = new Map<string, string>();

  constructor(subscribers: readonly StoredSubscriber[]) {
    for (const subscriber of subscribers) this.add(subscriber);
  }

  /** In the order of the IMSI for those read at the start, then as they were added. */
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

  /** Takes in a subscriber whose identities nobody has. */
  add(subscriber: StoredSubscriber): void {
    const { imsi, impi, identities } = subscriber;
    this.#byImsi.set(imsi, subscriber);
    this.#imsiByImpi.set(impi, imsi);
    for (const { uri } of identities) this.#imsiByImpu.set(uri, imsi);
  }

  remove({ imsi, impi, identities }: StoredSubscriber): void {
    this.#byImsi.delete(imsi);
    this.#imsiByImpi.delete(impi);
    for (const { uri } of identities) this.#imsiByImpu.delete(uri);
  }

  /** Takes the new state of a subscriber that it has; the identities stay as they are. */
  replace(subscriber: StoredSubscriber): void {
    this.#byImsi.set(subscriber.imsi, subscriber);
  }

  /** An identity of this subscriber that is taken; undefined when it can be added. */
  takenIdentity({ imsi, impi, identities }: StoredSubscriber): string | undefined {
    if (this.#byImsi.has(imsi)) return imsi;
    if (this.#imsiByImpi.has(impi)) return impi;
    return identities.find(({ uri }) => this.#imsiByImpu.has(uri))?.uri;
  }
}
