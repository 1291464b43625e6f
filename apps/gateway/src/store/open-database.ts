import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, SqliteDialect, sql } from 'kysely';
import { openLibsql } from './libsql-database.ts';
import { isNewer, migrate } from './migrations.ts';
import type { Tables } from './schema.ts';
import { StoreError, storeErrorOf } from './store-error.ts';

/** What a database file that did not exist begins with. */
export type Fill = (db: Kysely<Tables>) => Promise<void>;

const MEMORY = ':memory:';

/** An open database. */
export interface OpenDatabase {
  readonly db: Kysely<Tables>;
  /** Runs a statement without a break in which others could see its effect. */
  run(statement: string, parameters?: readonly unknown[]): void;
  /** Lets go of the file and leaves it alone in its folder, without `-wal`. */
  close(): Promise<void>;
}

/**
 * Opens the database for this process alone, at the present schema. A file that does not exist is made and filled; one that
 * exists is never replaced. Rejects with a StoreError.
 */
export async function openDatabase(file: string, fill: Fill): Promise<OpenDatabase> {
  try {
    if (file === MEMORY) return await newDatabase(fill);
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file)) await createFile(file, fill);
    // Our files are never empty, and SQLite takes an empty one for a new database.
    if (statSync(file).size === 0) throw new StoreError('STORE_CORRUPT', file);
    return await openFile(file);
  } catch (error) {
    throw storeErrorOf(error, file);
  }
}

function connect(file: string): OpenDatabase {
  const database = openLibsql(file);
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  return {
    db,
    run: (statement, parameters = []) => void database.prepare(statement).run(parameters),
    async close() {
      if (file !== MEMORY) {
        await sql`pragma journal_mode = delete`.execute(db);
        await unlock(db);
      }
      await db.destroy();
    },
  };
}

async function newDatabase(fill: Fill): Promise<OpenDatabase> {
  const opened = connect(MEMORY);
  const error = await migrate(opened.db);
  if (error !== undefined) throw error;
  await fill(opened.db);
  return opened;
}

/** Makes the whole file under another name first, so that a crash never leaves half a database behind. */
async function createFile(file: string, fill: Fill): Promise<void> {
  const unfinished = `${file}.new`;
  rmSync(unfinished, { force: true });
  const { db } = await newDatabase(fill);
  await sql`vacuum into ${unfinished}`.execute(db);
  await db.destroy();
  const descriptor = openSync(unfinished, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(unfinished, file);
}

async function openFile(file: string): Promise<OpenDatabase> {
  const opened = connect(file);
  const { db } = opened;
  try {
    // The lock stays until the process ends, however it ends; without it two labs would hand out the same SQNs.
    await sql`pragma locking_mode = exclusive`.execute(db);
    // Nothing is written before the file is known to be whole and ours.
    const { rows } = await sql<{ quick_check: string }>`pragma quick_check(1)`.execute(db);
    if (rows[0]?.quick_check !== 'ok') throw new StoreError('STORE_CORRUPT', file);
    if (await isNewer(db)) throw new StoreError('STORE_SCHEMA', file);
    // A commit is on disk when it returns, through a loss of power too.
    await sql`pragma journal_mode = wal`.execute(db);
    await sql`pragma synchronous = full`.execute(db);
    await sql`pragma foreign_keys = on`.execute(db);
    await sql`begin immediate`.execute(db);
    await sql`commit`.execute(db);
    const error = await migrate(db);
    if (error !== undefined) throw error;
    return opened;
  } catch (error) {
    await unlock(db).catch(() => undefined);
    await db.destroy();
    throw error;
  }
}

/** Gives the lock back: closing is not enough, libsql keeps file and lock until its statements are garbage. */
async function unlock(db: Kysely<Tables>): Promise<void> {
  await sql`pragma locking_mode = normal`.execute(db);
  await sql`select 1 from sqlite_schema`.execute(db);
}
