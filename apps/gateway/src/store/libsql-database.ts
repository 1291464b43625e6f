import type { SqliteDatabase, SqliteStatement } from 'kysely';
import Database from 'libsql';

/**
 * libsql as Kysely wants it, and the only way to it: given a boolean libsql ends the process, it cuts texts at U+0000, stores
 * integers as floating point, rounds those over 2^53, and turns undefined and NaN into NULL. Here each JS type is stored as it
 * is, or refused with a TypeError.
 */
export function openLibsql(file: string): SqliteDatabase {
  const database = new Database(file);
  // The lab's own statements are few, so none is ever prepared twice.
  const statements = new Map<string, SqliteStatement>();
  return {
    prepare(sql) {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      const statement = prepare(database, sql);
      statements.set(sql, statement);
      return statement;
    },
    close() {
      statements.clear();
      database.close();
    },
  };
}

function prepare(database: Database.Database, sql: string): SqliteStatement {
  const statement = database.prepare<unknown[]>(sql);
  const all = (parameters: readonly unknown[]) => statement.all(parameters.map(toSqlite)).map(rowFromSqlite);
  return {
    reader: statement.reader,
    all,
    run: (parameters) => statement.run(parameters.map(toSqlite)),
    iterate: (parameters) => all(parameters).values(),
  };
}

/** A value that libsql stores as it is; throws TypeError for what SQLite has no type for. */
function toSqlite(value: unknown): null | string | number | bigint | Uint8Array {
  switch (typeof value) {
    case 'boolean':
      return value ? 1n : 0n;
    case 'number':
      // As a number, 5 would be stored as 5.0.
      if (Number.isInteger(value)) return safeInteger(value);
      if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be stored`);
      return value;
    case 'bigint':
      return safeInteger(value);
    case 'string':
      return wholeText(value);
    case 'object':
      if (value === null || value instanceof Uint8Array) return value;
      if (value instanceof ArrayBuffer) return new Uint8Array(value);
      throw new TypeError(`an object of type ${value.constructor?.name ?? 'none'} cannot be stored`);
    default:
      throw new TypeError(`a value of type ${typeof value} cannot be stored`);
  }
}

function safeInteger(value: number | bigint): bigint {
  if (!Number.isSafeInteger(Number(value))) throw new TypeError(`the integer ${value} has more than 53 bits`);
  return BigInt(value);
}

function wholeText(value: string): string {
  if (value.includes('\u0000')) throw new TypeError('a text with U+0000 would be cut short');
  if (/\p{Surrogate}/u.test(value)) throw new TypeError('a text with a lone surrogate would be changed');
  return value;
}

/** A row as Kysely reads it: blobs as Uint8Array whatever kind of octets libsql made. */
function rowFromSqlite(row: unknown): unknown {
  if (typeof row !== 'object' || row === null) return row;
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, blobFromSqlite(value)]));
}

function blobFromSqlite(value: unknown): unknown {
  return value instanceof Uint8Array || value instanceof ArrayBuffer ? new Uint8Array(value) : value;
}
