import { type SeededSubscriber, seededSubscribers } from '../../src/nodes/hss/seeded-subscribers.ts';
import type { RegistrationUpdate, StoredSubscriber, SubscriberStore } from '../../src/ports/subscriber-store.ts';
import { advanceSqn, INITIAL_SQN_HE } from '../../src/protocols/auth/sqn.ts';

/** A SubscriberStore that forgets: for tests. It holds the ten seeded subscribers unless told otherwise. */
export function createMemoryStore(seed: readonly SeededSubscriber[] = seededSubscribers()): SubscriberStore {
  const subscribers = new Map(seed.map(({ subscriber }) => [subscriber.imsi, subscriber]));
  const credentials = new Map(seed.map((entry) => [entry.subscriber.imsi, entry.credentials]));
  const sqnHe = new Map(seed.map(({ subscriber }) => [subscriber.imsi, INITIAL_SQN_HE]));

  const find = async (matches: (subscriber: StoredSubscriber) => boolean): Promise<StoredSubscriber | undefined> =>
    [...subscribers.values()].find(matches);

  return {
    list: async () => [...subscribers.values()],
    byImsi: async (imsi) => subscribers.get(imsi),
    byImpi: (impi) => find((subscriber) => subscriber.impi === impi),
    byImpu: (uri) => find((subscriber) => subscriber.identities.some((identity) => identity.uri === uri)),
    credentials: async (imsi) => credentials.get(imsi),
    async updateRegistration(imsi: string, update: RegistrationUpdate) {
      const subscriber = subscribers.get(imsi);
      if (subscriber === undefined) throw new Error(`no subscriber ${imsi}`);
      subscribers.set(imsi, { ...subscriber, ...update });
    },
    async nextSqn(imsi) {
      const last = sqnHe.get(imsi);
      if (last === undefined) throw new Error(`no subscriber ${imsi}`);
      const next = advanceSqn(last);
      sqnHe.set(imsi, next);
      return next;
    },
    async resetSqn(imsi, sqnMs) {
      if (!sqnHe.has(imsi)) throw new Error(`no subscriber ${imsi}`);
      sqnHe.set(imsi, sqnMs);
    },
    close: async () => {},
  };
}
