import { seededServices, seededSubscribers } from '@imslab/ims-core/nodes/hss/seeded-subscribers';
import { NO_SERVICES, type ServiceSettingsStore } from '@imslab/ims-core/ports/service-settings';
import {
  type NewSubscription,
  type RegistrationUpdate,
  type StoredSubscriber,
  type SubscriberStore,
  SubscriptionConflict,
} from '@imslab/ims-core/ports/subscriber-store';
import { INITIAL_SQN_HE } from '@imslab/ims-core/protocols/auth/sqn';
import type { Compilable } from 'kysely';
import { durableRegistration, sameRegistration } from './durable-registration.ts';
import { criteriaToJson } from './filter-criteria.ts';
import { type Changed, GroupCommit } from './group-commit.ts';
import { deletions, insertionsInto, insertSubscribers } from './insert-subscribers.ts';
import { type OpenDatabase, openDatabase } from './open-database.ts';
import { readCredentials, readDigestCredentials, readSqnLimits, readSubscribers } from './read-subscribers.ts';
import { readServiceSettings } from './service-settings.ts';
import { SqnRanges } from './sqn-ranges.ts';
import { StoreError } from './store-error.ts';
import { SubscriberDirectory } from './subscriber-directory.ts';

export interface SubscriberStoreOptions {
  /** Path of the SQLite file, made when it is missing; `:memory:` for one that is gone with the process. */
  readonly file: string;
  /** Whether a new file begins with the ten seeded subscribers and the lab's services; true when absent. */
  readonly seed?: boolean;
  /** Home domain of what is seeded; the lab's own when absent. */
  readonly domain?: string;
}

/** The HSS's memory, and that of the application server beside it. */
export interface SubscriberDatabase extends SubscriberStore {
  readonly services: ServiceSettingsStore;
}

/**
 * Opens the subscriber database for this process alone. Rejects with a StoreError.
 * Nobody else can write the file, so it is read once, at the start; what must be durable is on disk before it is in memory.
 */
export async function openSubscriberStore({
  file,
  seed = true,
  domain,
}: SubscriberStoreOptions): Promise<SubscriberDatabase> {
  const database = await openDatabase(file, async (empty) => {
    if (seed) await insertSubscribers(empty, [...seededSubscribers(domain), ...seededServices(domain)]);
  });
  const { db } = database;
  const run = (query: Compilable) => {
    const { sql, parameters } = query.compile();
    database.run(sql, parameters);
  };
  const read = await readAll(database, file);
  const { credentials, digestCredentials, serviceSettings } = read;
  const insertions = insertionsInto(db);
  const directory = new SubscriberDirectory(read.subscribers);
  const commits = new GroupCommit({
    begin: () => database.run('begin'),
    commit: () => database.run('commit'),
    rollback: () => database.run('rollback'),
  });
  // What a registration writes is compiled once; the parameters stand in the order of the builder's calls.
  const { sql: updateSqnLimit } = db
    .updateTable('sequence_number')
    .set({ sqn_limit: 0 })
    .where('imsi', '=', '')
    .compile();
  const { sql: updateState } = db
    .updateTable('subscriber')
    .set({ state: 'NOT_REGISTERED', server_name: '' })
    .where('imsi', '=', '')
    .compile();
  const sqns = new SqnRanges({
    limits: read.sqnLimits,
    commits,
    write: (imsi, limit) => database.run(updateSqnLimit, [Number(limit), imsi]),
  });

  const known = (imsi: string): StoredSubscriber => {
    const subscriber = directory.byImsi(imsi);
    if (subscriber === undefined) throw new Error(`no subscriber ${imsi}`);
    return subscriber;
  };
  const changeRegistration = (imsi: string, update: RegistrationUpdate): Changed<void> => {
    const before = known(imsi);
    const after = { ...before, ...update };
    const durable = durableRegistration(after);
    if (!sameRegistration(durableRegistration(before), durable)) {
      database.run(updateState, [durable.state, durable.server_name, imsi]);
    }
    directory.replace(after);
    return { result: undefined, undo: () => directory.replace(before) };
  };
  const takeIn = (subscription: NewSubscription): void => {
    const { imsi } = subscription.subscriber;
    directory.add(subscription.subscriber);
    if (subscription.credentials !== undefined) {
      credentials.set(imsi, subscription.credentials);
      sqns.add(imsi, INITIAL_SQN_HE);
    }
    if (subscription.digestCredentials !== undefined) digestCredentials.set(imsi, subscription.digestCredentials);
  };
  /** Takes the subscription out of memory; returns what puts it back. */
  const takeOut = (subscriber: StoredSubscriber): (() => void) => {
    const { imsi } = subscriber;
    const [aka, digest] = [credentials.get(imsi), digestCredentials.get(imsi)];
    const services = serviceSettings.get(imsi);
    const restoreSqn = sqns.remove(imsi);
    directory.remove(subscriber);
    credentials.delete(imsi);
    digestCredentials.delete(imsi);
    serviceSettings.delete(imsi);
    return () => {
      directory.add(subscriber);
      if (aka !== undefined) credentials.set(imsi, aka);
      if (digest !== undefined) digestCredentials.set(imsi, digest);
      if (services !== undefined) serviceSettings.set(imsi, services);
      restoreSqn();
    };
  };
  const addAll = (subscriptions: readonly NewSubscription[]): Changed<void> => {
    const added: StoredSubscriber[] = [];
    const undo = () => {
      for (const subscriber of added) takeOut(subscriber);
    };
    // One that is refused takes those before it back: all are added, or none.
    database.run('savepoint added');
    try {
      for (const subscription of subscriptions) {
        const taken = directory.takenIdentity(subscription.subscriber);
        if (taken !== undefined) throw new SubscriptionConflict(taken);
        for (const { sql, parameters } of insertions(subscription)) database.run(sql, parameters);
        takeIn(subscription);
        added.push(subscription.subscriber);
      }
    } catch (error) {
      undo();
      database.run('rollback to added');
      throw error;
    } finally {
      database.run('release added');
    }
    return { result: undefined, undo };
  };

  const servicesOf = (subscriber: StoredSubscriber | undefined) =>
    subscriber && (serviceSettings.get(subscriber.imsi) ?? NO_SERVICES);
  const services: ServiceSettingsStore = {
    ofIdentity: async (uri) => servicesOf(directory.byImpu(uri)),
    ofSubscriber: async (imsi) => servicesOf(directory.byImsi(imsi)),
    set: (imsi, settings) =>
      commits.run(() => {
        const before = servicesOf(known(imsi)) ?? NO_SERVICES;
        const row = { settings: JSON.stringify(settings) };
        run(
          db
            .insertInto('service_settings')
            .values({ imsi, ...row })
            .onConflict((conflict) => conflict.column('imsi').doUpdateSet(row)),
        );
        serviceSettings.set(imsi, settings);
        return { result: undefined, undo: () => void serviceSettings.set(imsi, before) };
      }),
  };

  return {
    services,
    list: async () => directory.list(),
    byImsi: async (imsi) => directory.byImsi(imsi),
    byImpi: async (impi) => directory.byImpi(impi),
    byImpu: async (uri) => directory.byImpu(uri),
    credentials: async (imsi) => credentials.get(imsi),
    digestCredentials: async (imsi) => digestCredentials.get(imsi),
    add: (subscriptions) => commits.run(() => addAll(subscriptions)),
    remove: (imsi) =>
      commits.run(() => {
        const subscriber = known(imsi);
        for (const deletion of deletions(db, imsi)) run(deletion);
        return { result: undefined, undo: takeOut(subscriber) };
      }),
    setInitialFilterCriteria: (imsi, criteria) =>
      commits.run(() => {
        const before = known(imsi);
        const row = { initial_filter_criteria: criteriaToJson(criteria) };
        run(db.updateTable('subscriber').set(row).where('imsi', '=', imsi));
        directory.replace({ ...before, initialFilterCriteria: criteria });
        return { result: undefined, undo: () => directory.replace(before) };
      }),
    async updateRegistration(imsi, update) {
      const before = known(imsi);
      const after = { ...before, ...update };
      const isVolatile = sameRegistration(durableRegistration(before), durableRegistration(after));
      if (isVolatile && commits.idle) directory.replace(after);
      else await commits.run(() => changeRegistration(imsi, update));
    },
    nextSqn: (imsi) => sqns.next(imsi),
    resetSqn: (imsi, sqnMs) => sqns.reset(imsi, sqnMs),
    async close() {
      commits.flush();
      await database.close();
    },
  };
}

/** Everything that the database holds. Rejects with STORE_CORRUPT when it holds what this lab never wrote. */
async function readAll(database: OpenDatabase, file: string) {
  const { db } = database;
  try {
    return {
      subscribers: await readSubscribers(db),
      credentials: await readCredentials(db),
      digestCredentials: await readDigestCredentials(db),
      sqnLimits: await readSqnLimits(db),
      serviceSettings: await readServiceSettings(db),
    };
  } catch (error) {
    await database.close();
    throw new StoreError('STORE_CORRUPT', file, error);
  }
}
