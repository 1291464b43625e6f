import { type SeededSubscriber, seededSubscribers } from '@imslab/ims-core/nodes/hss/seeded-subscribers';
import type {
  RegistrationUpdate,
  StoredPublicIdentity,
  StoredSubscriber,
  SubscriberStore,
} from '@imslab/ims-core/ports/subscriber-store';
import { INITIAL_SQN_HE } from '@imslab/ims-core/protocols/auth/sqn';
import type { Kysely, Selectable } from 'kysely';
import { closeDatabase, openDatabase } from './open-database.ts';
import type { Tables } from './schema.ts';
import { SqnRanges } from './sqn-ranges.ts';

export interface SubscriberStoreOptions {
  /** Path of the SQLite file, made when it is missing; `:memory:` for one that is gone with the process. */
  readonly file: string;
  /** Whether a new file begins with the ten seeded subscribers; true when absent. */
  readonly seed?: boolean;
  /** Home domain of the seeded subscribers; the lab's own when absent. */
  readonly domain?: string;
}

/** Opens the subscriber database for this process alone. Rejects with a StoreError. */
export async function openSubscriberStore({
  file,
  seed = true,
  domain,
}: SubscriberStoreOptions): Promise<SubscriberStore> {
  const db = await openDatabase(file, async (empty) => {
    if (seed) await insertSubscribers(empty, seededSubscribers(domain));
  });
  await forgetPendingChallenges(db);
  const sqns = new SqnRanges({
    async read(imsi) {
      const row = await db
        .selectFrom('sequence_number')
        .select('sqn_limit')
        .where('imsi', '=', imsi)
        .executeTakeFirst();
      if (row === undefined) throw unknownSubscriber(imsi);
      return BigInt(row.sqn_limit);
    },
    async write(imsi, limit) {
      await db
        .updateTable('sequence_number')
        .set({ sqn_limit: Number(limit) })
        .where('imsi', '=', imsi)
        .execute();
    },
  });

  return {
    list: async () => groupBySubscriber(await subscriberRows(db).execute()),
    async byImsi(imsi) {
      return groupBySubscriber(await subscriberRows(db).where('subscriber.imsi', '=', imsi).execute())[0];
    },
    async byImpi(impi) {
      return groupBySubscriber(await subscriberRows(db).where('subscriber.impi', '=', impi).execute())[0];
    },
    async byImpu(uri) {
      const owner = db.selectFrom('public_identity').select('imsi').where('uri', '=', uri);
      return groupBySubscriber(await subscriberRows(db).where('subscriber.imsi', 'in', owner).execute())[0];
    },
    async credentials(imsi) {
      return db.selectFrom('credentials').select(['k', 'opc', 'amf']).where('imsi', '=', imsi).executeTakeFirst();
    },
    updateRegistration: (imsi, update) => updateRegistration(db, imsi, update),
    nextSqn: (imsi) => sqns.next(imsi),
    resetSqn: (imsi, sqnMs) => sqns.reset(imsi, sqnMs),
    close: () => closeDatabase(db, file),
  };
}

function unknownSubscriber(imsi: string): Error {
  return new Error(`no subscriber ${imsi}`);
}

/** A challenge does not outlive the process that made it; a user without a registration loses the S-CSCF of the challenge too. */
async function forgetPendingChallenges(db: Kysely<Tables>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('subscriber')
      .set({ server_name: '' })
      .where('auth_pending', '=', 1)
      .where('state', '=', 'NOT_REGISTERED')
      .execute();
    await transaction.updateTable('subscriber').set({ auth_pending: false }).where('auth_pending', '=', 1).execute();
  });
}

async function updateRegistration(
  db: Kysely<Tables>,
  imsi: string,
  { state, serverName, authPending }: RegistrationUpdate,
): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('subscriber')
    .set({
      // Naming the key keeps the statement complete when nothing changes.
      imsi,
      ...(state !== undefined && { state }),
      ...(serverName !== undefined && { server_name: serverName }),
      ...(authPending !== undefined && { auth_pending: authPending }),
    })
    .where('imsi', '=', imsi)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw unknownSubscriber(imsi);
}

/** One row an identity, subscribers in the order of their IMSI, identities in the order of their set. */
function subscriberRows(db: Kysely<Tables>) {
  return db
    .selectFrom('subscriber')
    .innerJoin('public_identity', 'public_identity.imsi', 'subscriber.imsi')
    .select([
      'subscriber.imsi',
      'subscriber.impi',
      'subscriber.name',
      'subscriber.state',
      'subscriber.server_name',
      'subscriber.auth_pending',
      'public_identity.uri',
      'public_identity.barred',
      'public_identity.display_name',
    ])
    .orderBy('subscriber.imsi')
    .orderBy('public_identity.position');
}

type SubscriberRow = Selectable<Tables['subscriber']> &
  Pick<Selectable<Tables['public_identity']>, 'uri' | 'barred' | 'display_name'>;

function groupBySubscriber(rows: readonly SubscriberRow[]): readonly StoredSubscriber[] {
  const identities = new Map<string, StoredPublicIdentity[]>();
  const subscribers = new Map<string, StoredSubscriber>();
  for (const row of rows) {
    const { imsi, impi, name, state } = row;
    const set = identities.get(imsi) ?? [];
    set.push({ uri: row.uri, barred: row.barred === 1, displayName: row.display_name });
    identities.set(imsi, set);
    subscribers.set(imsi, {
      imsi,
      impi,
      name,
      identities: set,
      state,
      serverName: row.server_name,
      authPending: row.auth_pending === 1,
    });
  }
  return [...subscribers.values()];
}

async function insertSubscribers(db: Kysely<Tables>, seed: readonly SeededSubscriber[]): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    for (const { subscriber, credentials } of seed) {
      const { imsi, impi, name, identities, state, serverName, authPending } = subscriber;
      await transaction
        .insertInto('subscriber')
        .values({ imsi, impi, name, state, server_name: serverName, auth_pending: authPending })
        .execute();
      await transaction
        .insertInto('public_identity')
        .values(
          identities.map(({ uri, barred, displayName }, position) => ({
            uri,
            imsi,
            position,
            barred,
            display_name: displayName,
          })),
        )
        .execute();
      await transaction
        .insertInto('credentials')
        .values({ imsi, ...credentials })
        .execute();
      await transaction
        .insertInto('sequence_number')
        .values({ imsi, sqn_limit: Number(INITIAL_SQN_HE) })
        .execute();
    }
  });
}
