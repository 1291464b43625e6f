import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';

/** Steps from an empty file to the present schema; a step that was released is never changed. Names sort in the order of the steps. */
const migrations: Readonly<Record<string, Migration>> = {
  '001-subscribers': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('subscriber')
        .addColumn('imsi', 'text', (column) => column.primaryKey().notNull())
        .addColumn('impi', 'text', (column) => column.notNull().unique())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) =>
          column.notNull().check(sql`state in ('NOT_REGISTERED', 'REGISTERED', 'UNREGISTERED')`),
        )
        .addColumn('server_name', 'text', (column) => column.notNull())
        .addColumn('auth_pending', 'integer', (column) => column.notNull().check(sql`auth_pending in (0, 1)`))
        .modifyEnd(sql`strict`)
        .execute();
      await db.schema
        .createTable('public_identity')
        .addColumn('uri', 'text', (column) => column.primaryKey().notNull())
        .addColumn('imsi', 'text', (column) => column.notNull().references('subscriber.imsi').onDelete('cascade'))
        .addColumn('position', 'integer', (column) => column.notNull())
        .addColumn('barred', 'integer', (column) => column.notNull().check(sql`barred in (0, 1)`))
        .addColumn('display_name', 'text', (column) => column.notNull())
        .addUniqueConstraint('public_identity_position', ['imsi', 'position'])
        .modifyEnd(sql`strict`)
        .execute();
      await db.schema
        .createTable('credentials')
        .addColumn('imsi', 'text', (column) =>
          column.primaryKey().notNull().references('subscriber.imsi').onDelete('cascade'),
        )
        .addColumn('k', 'blob', (column) => column.notNull().check(sql`length(k) = 16`))
        .addColumn('opc', 'blob', (column) => column.notNull().check(sql`length(opc) = 16`))
        .addColumn('amf', 'blob', (column) => column.notNull().check(sql`length(amf) = 2`))
        .modifyEnd(sql`strict`)
        .execute();
      await db.schema
        .createTable('sequence_number')
        .addColumn('imsi', 'text', (column) =>
          column.primaryKey().notNull().references('subscriber.imsi').onDelete('cascade'),
        )
        .addColumn('sqn_limit', 'integer', (column) => column.notNull())
        .modifyEnd(sql`strict`)
        .execute();
    },
  },
  // Challenges under way are kept in memory alone: docs/decisions/0003-what-the-hss-keeps-on-disk.md.
  '002-no-pending-challenges': {
    async up(db: Kysely<unknown>) {
      await sql`update subscriber set server_name = '' where auth_pending = 1 and state = 'NOT_REGISTERED'`.execute(db);
      await db.schema.alterTable('subscriber').dropColumn('auth_pending').execute();
    },
  },
  '003-services': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable('subscriber')
        .addColumn('authentication_scheme', 'text', (column) =>
          column
            .notNull()
            .defaultTo('Digest-AKAv1-MD5')
            .check(sql`authentication_scheme in ('Digest-AKAv1-MD5', 'SIP Digest', 'none')`),
        )
        .execute();
      await db.schema
        .alterTable('subscriber')
        .addColumn('initial_filter_criteria', 'text', (column) => column.notNull().defaultTo('[]'))
        .execute();
      await db.schema
        .alterTable('public_identity')
        .addColumn('identity_type', 'integer', (column) =>
          column.notNull().defaultTo(0).check(sql`identity_type in (0, 1)`),
        )
        .execute();
      await db.schema
        .createTable('digest_credentials')
        .addColumn('imsi', 'text', (column) =>
          column.primaryKey().notNull().references('subscriber.imsi').onDelete('cascade'),
        )
        .addColumn('realm', 'text', (column) => column.notNull())
        .addColumn('algorithm', 'text', (column) => column.notNull().check(sql`algorithm in ('MD5', 'SHA-256')`))
        .addColumn('ha1', 'text', (column) => column.notNull())
        .modifyEnd(sql`strict`)
        .execute();
      await addEchoService(db);
    },
  },
  '004-service-settings': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('service_settings')
        .addColumn('imsi', 'text', (column) =>
          column.primaryKey().notNull().references('subscriber.imsi').onDelete('cascade'),
        )
        .addColumn('settings', 'text', (column) => column.notNull())
        .modifyEnd(sql`strict`)
        .execute();
    },
  },
};

/** Gives the echo service to a database that an earlier lab seeded; a new one gets it with its seed. */
async function addEchoService(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ impi: string }>`select impi from subscriber where imsi = '001010000000001'`.execute(db);
  const [alice] = rows;
  if (alice === undefined) return;
  const domain = alice.impi.slice(alice.impi.indexOf('@') + 1);
  const criteria = [
    {
      priority: 0,
      triggerPoint: {
        conditionTypeCnf: true,
        servicePointTriggers: [
          {
            conditionNegated: false,
            groups: [0],
            condition: { kind: 'Method', method: 'INVITE', registrationTypes: [] },
          },
        ],
      },
      applicationServer: {
        serverName: `sip:as.${domain}:5080;lr`,
        defaultHandling: 'SESSION_TERMINATED',
        includeRegisterRequest: false,
        includeRegisterResponse: false,
      },
      profilePart: 'UNREGISTERED',
    },
  ];
  await sql`
    insert into subscriber (imsi, impi, name, state, server_name, authentication_scheme, initial_filter_criteria)
    values ('001019999999901', ${`echo@${domain}`}, 'Echo', 'NOT_REGISTERED', '', 'none', ${JSON.stringify(criteria)})
  `.execute(db);
  await sql`
    insert into public_identity (uri, imsi, position, barred, display_name, identity_type)
    values (${`sip:echo@${domain}`}, '001019999999901', 0, 0, 'Echo', 1)
  `.execute(db);
}

/** Brings a database to the present schema; returns the error that stopped it, if any. */
export async function migrate<Schema>(db: Kysely<Schema>): Promise<unknown> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest();
  return error;
}

/** Whether the database has migrations that this lab does not know. */
export async function isNewer<Schema>(db: Kysely<Schema>): Promise<boolean> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return false;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  return rows.some(({ name }) => !Object.hasOwn(migrations, name));
}
