import { seededServices, seededSubscribers } from '../../src/nodes/hss/seeded-subscribers.ts';
import {
  type NewSubscription,
  type StoredSubscriber,
  type SubscriberStore,
  SubscriptionConflict,
} from '../../src/ports/subscriber-store.ts';
import { advanceSqn, INITIAL_SQN_HE } from '../../src/protocols/auth/sqn.ts';

/** A SubscriberStore that forgets: for tests. It holds what a new lab has unless told otherwise. */
export function createMemoryStore(
  seed: readonly NewSubscription[] = [...seededSubscribers(), ...seededServices()],
): SubscriberStore {
  const subscriptions = new Map<string, NewSubscription>();
  const sqnHe = new Map<string, bigint>();

  const add = (subscription: NewSubscription): void => {
    const { imsi } = subscription.subscriber;
    subscriptions.set(imsi, subscription);
    sqnHe.set(imsi, INITIAL_SQN_HE);
  };
  const find = async (matches: (subscriber: StoredSubscriber) => boolean): Promise<StoredSubscriber | undefined> =>
    [...subscriptions.values()].find(({ subscriber }) => matches(subscriber))?.subscriber;
  const change = (imsi: string, update: Partial<StoredSubscriber>): void => {
    const subscription = subscriptions.get(imsi);
    if (subscription === undefined) throw new Error(`no subscriber ${imsi}`);
    subscriptions.set(imsi, { ...subscription, subscriber: { ...subscription.subscriber, ...update } });
  };
  for (const subscription of seed) add(subscription);

  return {
    list: async () => [...subscriptions.values()].map(({ subscriber }) => subscriber),
    byImsi: async (imsi) => subscriptions.get(imsi)?.subscriber,
    byImpi: (impi) => find((subscriber) => subscriber.impi === impi),
    byImpu: (uri) => find((subscriber) => subscriber.identities.some((identity) => identity.uri === uri)),
    credentials: async (imsi) => subscriptions.get(imsi)?.credentials,
    digestCredentials: async (imsi) => subscriptions.get(imsi)?.digestCredentials,
    async add(added) {
      const taken = [...subscriptions.keys()].find((imsi) => added.some(({ subscriber }) => subscriber.imsi === imsi));
      if (taken !== undefined) throw new SubscriptionConflict(taken);
      for (const subscription of added) add(subscription);
    },
    async remove(imsi) {
      if (!subscriptions.delete(imsi)) throw new Error(`no subscriber ${imsi}`);
    },
    setInitialFilterCriteria: async (imsi, initialFilterCriteria) => change(imsi, { initialFilterCriteria }),
    updateRegistration: async (imsi, update) => change(imsi, update),
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
