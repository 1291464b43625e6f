import type { SeededSubscriber } from '@imslab/ims-core/nodes/hss/seeded-subscribers';
import { INITIAL_SQN_HE } from '@imslab/ims-core/protocols/auth/sqn';
import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/** Adds subscribers that were never challenged. */
export async function insertSubscribers(db: Kysely<Tables>, seed: readonly SeededSubscriber[]): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    for (const { subscriber, credentials } of seed) {
      const { imsi, impi, name, identities, state, serverName } = subscriber;
      await transaction.insertInto('subscriber').values({ imsi, impi, name, state, server_name: serverName }).execute();
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
