import { seededSubscribers } from '@imslab/ims-core/nodes/hss/seeded-subscribers';
import type { RegistrationUpdate, SubscriberStore } from '@imslab/ims-core/ports/subscriber-store';
import type { Compilable } from 'kysely';
import { durableRegistration, sameRegistration } from './durable-registration.ts';
import { type Changed, GroupCommit } from './group-commit.ts';
import { insertSubscribers } from './insert-subscribers.ts';
import { openDatabase } from './open-database.ts';
import { readCredentials, readSqnLimits, readSubscribers } from './read-subscribers.ts';
import { SqnRanges } from './sqn-ranges.ts';
import { SubscriberDirectory } from './subscriber-directory.ts';

export interface SubscriberStoreOptions {
  /** Path of the SQLite file, made when it is missing; `:memory:` for one that is gone with the process. */
  readonly file: string;
  /** Whether a new file begins with the ten seeded subscribers; true when absent. */
  readonly seed?: boolean;
  /** Home domain of the seeded subscribers; the lab's own when absent. */
  readonly domain?: string;
}

/**
 * Opens the subscriber database for this process alone. Rejects with a StoreError.
 * Nobody else can write the file, so it is read once, at the start; what must be durable is on disk before it is in memory.
 */
export async function openSubscriberStore({
  file,
  seed = true,
  domain,
}: SubscriberStoreOptions): Promise<SubscriberStore> {
  const database = await openDatabase(file, async (empty) => {
    if (seed) await insertSubscribers(empty, seededSubscribers(domain));
  });
  const { db } = database;
  const run = (query: Compilable) => {
    const { sql, parameters } = query.compile();
    database.run(sql, parameters);
  };
  const directory = new SubscriberDirectory(await readSubscribers(db));
  const credentials = await readCredentials(db);
  const commits = new GroupCommit({
    begin: () => database.run('begin'),
    commit: () => database.run('commit'),
    rollback: () => database.run('rollback'),
  });
  const sqns = new SqnRanges({
    limits: await readSqnLimits(db),
    commits,
    write: (imsi, limit) =>
      run(
        db
          .updateTable('sequence_number')
          .set({ sqn_limit: Number(limit) })
          .where('imsi', '=', imsi),
      ),
  });

  const updated = (imsi: string, update: RegistrationUpdate) => {
    const before = directory.byImsi(imsi);
    if (before === undefined) throw new Error(`no subscriber ${imsi}`);
    return { before, after: { ...before, ...update } };
  };
  const change = (imsi: string, update: RegistrationUpdate): Changed<void> => {
    const { before, after } = updated(imsi, update);
    const durable = durableRegistration(after);
    if (!sameRegistration(durableRegistration(before), durable)) {
      run(db.updateTable('subscriber').set(durable).where('imsi', '=', imsi));
    }
    directory.replace(after);
    return { result: undefined, undo: () => directory.replace(before) };
  };

  return {
    list: async () => directory.list(),
    byImsi: async (imsi) => directory.byImsi(imsi),
    byImpi: async (impi) => directory.byImpi(impi),
    byImpu: async (uri) => directory.byImpu(uri),
    credentials: async (imsi) => credentials.get(imsi),
    async updateRegistration(imsi, update) {
      const { before, after } = updated(imsi, update);
      const isVolatile = sameRegistration(durableRegistration(before), durableRegistration(after));
      if (isVolatile && commits.idle) directory.replace(after);
      else await commits.run(() => change(imsi, update));
    },
    nextSqn: (imsi) => sqns.next(imsi),
    resetSqn: (imsi, sqnMs) => sqns.reset(imsi, sqnMs),
    async close() {
      commits.flush();
      await database.close();
    },
  };
}
