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
};

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
