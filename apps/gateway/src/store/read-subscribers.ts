import type {
  StoredDigestCredentials,
  StoredPublicIdentity,
  StoredSubscriber,
} from '@imslab/ims-core/ports/subscriber-store';
import type { Kysely } from 'kysely';
import { CardCredentials } from './card-credentials.ts';
import { criteriaFromJson } from './filter-criteria.ts';
import type { Tables } from './schema.ts';

/** All subscribers in the order of their IMSI, identities in the order of their set; no challenge is under way. */
export async function readSubscribers(db: Kysely<Tables>): Promise<readonly StoredSubscriber[]> {
  const identities = new Map<string, StoredPublicIdentity[]>();
  for (const row of await db.selectFrom('public_identity').selectAll().orderBy('position').execute()) {
    const set = identities.get(row.imsi) ?? [];
    set.push({
      uri: row.uri,
      barred: row.barred === 1,
      displayName: row.display_name,
      identityType: row.identity_type,
    });
    identities.set(row.imsi, set);
  }
  const rows = await db.selectFrom('subscriber').selectAll().orderBy('imsi').execute();
  return rows.map((row) => ({
    imsi: row.imsi,
    impi: row.impi,
    name: row.name,
    // Without the room to grow that a list has.
    identities: identities.get(row.imsi)?.slice() ?? [],
    authenticationScheme: row.authentication_scheme,
    initialFilterCriteria: criteriaFromJson(row.initial_filter_criteria),
    state: row.state,
    serverName: row.server_name,
    authPending: false,
  }));
}

export async function readCredentials(db: Kysely<Tables>): Promise<CardCredentials> {
  const credentials = new CardCredentials();
  for (const row of await db.selectFrom('credentials').selectAll().execute()) credentials.set(row.imsi, row);
  return credentials;
}

/** The credentials of passwords, by IMSI. */
export async function readDigestCredentials(db: Kysely<Tables>): Promise<Map<string, StoredDigestCredentials>> {
  const rows = await db.selectFrom('digest_credentials').selectAll().execute();
  return new Map(rows.map(({ imsi, ...credentials }) => [imsi, credentials]));
}

/** By IMSI, the last SQN that may have been handed out. */
export async function readSqnLimits(db: Kysely<Tables>): Promise<ReadonlyMap<string, bigint>> {
  const rows = await db.selectFrom('sequence_number').selectAll().execute();
  return new Map(rows.map(({ imsi, sqn_limit }) => [imsi, BigInt(sqn_limit)]));
}
