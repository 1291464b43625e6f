import type { NewSubscription } from '@imslab/ims-core/ports/subscriber-store';
import { INITIAL_SQN_HE } from '@imslab/ims-core/protocols/auth/sqn';
import type { Compilable, Kysely } from 'kysely';
import { criteriaToJson } from './filter-criteria.ts';
import type { Tables } from './schema.ts';

/** An insertion that can be executed, or compiled to be run elsewhere. */
interface Insertion extends Compilable {
  execute(): Promise<unknown>;
}

/** What adds a subscription, which was never challenged, in the order of the references between the tables. */
export function insertions(db: Kysely<Tables>, subscription: NewSubscription): readonly Insertion[] {
  const { subscriber, credentials, digestCredentials } = subscription;
  const { imsi } = subscriber;
  return [
    db.insertInto('subscriber').values({
      imsi,
      impi: subscriber.impi,
      name: subscriber.name,
      state: subscriber.state,
      server_name: subscriber.serverName,
      authentication_scheme: subscriber.authenticationScheme,
      initial_filter_criteria: criteriaToJson(subscriber.initialFilterCriteria),
    }),
    db.insertInto('public_identity').values(
      subscriber.identities.map(({ uri, barred, displayName, identityType }, position) => ({
        uri,
        imsi,
        position,
        barred,
        display_name: displayName,
        identity_type: identityType,
      })),
    ),
    ...(credentials === undefined
      ? []
      : [
          db.insertInto('credentials').values({ imsi, ...credentials }),
          db.insertInto('sequence_number').values({ imsi, sqn_limit: Number(INITIAL_SQN_HE) }),
        ]),
    ...(digestCredentials === undefined
      ? []
      : [db.insertInto('digest_credentials').values({ imsi, ...digestCredentials })]),
  ];
}

/** What removes a subscription with all that belongs to it. */
export function deletions(db: Kysely<Tables>, imsi: string): readonly Compilable[] {
  const tables = [
    'service_settings',
    'sequence_number',
    'digest_credentials',
    'credentials',
    'public_identity',
    'subscriber',
  ] as const;
  return tables.map((table) => db.deleteFrom(table).where('imsi', '=', imsi));
}

/** Adds subscriptions to a database that is being made. */
export async function insertSubscribers(db: Kysely<Tables>, seed: readonly NewSubscription[]): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    for (const subscription of seed) {
      for (const insertion of insertions(transaction, subscription)) await insertion.execute();
    }
  });
}
