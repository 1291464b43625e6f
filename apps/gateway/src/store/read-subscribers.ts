import type {
  StoredCredentials,
  StoredPublicIdentity,
  StoredSubscriber,
} from '@imslab/ims-core/ports/subscriber-store';
import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/** All subscribers in the order of their IMSI, identities in the order of their set; no challenge is under way. */
export async function readSubscribers(db: Kysely<Tables>): Promise<readonly StoredSubscriber[]> {
  const identities = new Map<string, StoredPublicIdentity[]>();
  for (const row of await db.selectFrom('public_identity').selectAll().orderBy('position').execute()) {
    const set = identities.get(row.imsi) ?? [];
    set.push({ uri: row.uri, barred: row.barred === 1, displayName: row.display_name });
    identities.set(row.imsi, set);
  }
  const rows = await db.selectFrom('subscriber').selectAll().orderBy('imsi').execute();
  return rows.map(({ imsi, impi, name, state, server_name }) => ({
    imsi,
    impi,
    name,
    identities: identities.get(imsi) ?? [],
    state,
    serverName: server_name,
    authPending: false,
  }));
}

/** The credentials by IMSI. */
export async function readCredentials(db: Kysely<Tables>): Promise<ReadonlyMap<string, StoredCredentials>> {
  const rows = await db.selectFrom('credentials').selectAll().execute();
  return new Map(rows.map(({ imsi, ...credentials }) => [imsi, credentials]));
}

/** By IMSI, the last SQN that may have been handed out. */
export async function readSqnLimits(db: Kysely<Tables>): Promise<ReadonlyMap<string, bigint>> {
  const rows = await db.selectFrom('sequence_number').selectAll().execute();
  return new Map(rows.map(({ imsi, sqn_limit }) => [imsi, BigInt(sqn_limit)]));
}
