/**
 * Why the subscriber database cannot be used.
 * STORE_CORRUPT: the file is damaged. STORE_LOCKED: another process has it. STORE_SCHEMA: a newer lab wrote it.
 * STORE_UNAVAILABLE: the file cannot be opened, read or written.
 */
export type StoreErrorCode = 'STORE_CORRUPT' | 'STORE_LOCKED' | 'STORE_SCHEMA' | 'STORE_UNAVAILABLE';

const TEXTS: Readonly<Record<StoreErrorCode, string>> = {
  STORE_CORRUPT:
    'The subscriber database is damaged. Put a copy from before in its place, or move it away to begin with the ten seeded subscribers.',
  STORE_LOCKED: 'The subscriber database is in use by another process. Is the lab running already?',
  STORE_SCHEMA: 'The subscriber database was written by a newer lab. Start that one, or move the file away.',
  STORE_UNAVAILABLE: 'The subscriber database cannot be opened. Look at the permissions and at the free space.',
};

/** The database does not open, with a stable code and what to try. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, file: string, cause?: unknown) {
    super(`${TEXTS[code]} (${file})`, { cause });
    this.name = 'StoreError';
    this.code = code;
  }
}

const CODE_BY_SQLITE_PREFIX: readonly (readonly [prefix: string, code: StoreErrorCode])[] = [
  ['SQLITE_NOTADB', 'STORE_CORRUPT'],
  ['SQLITE_CORRUPT', 'STORE_CORRUPT'],
  ['SQLITE_BUSY', 'STORE_LOCKED'],
  ['SQLITE_LOCKED', 'STORE_LOCKED'],
];

/** The StoreError for what SQLite or the file system threw. */
export function storeErrorOf(error: unknown, file: string): StoreError {
  if (error instanceof StoreError) return error;
  const sqliteCode = error instanceof Error && 'code' in error ? String(error.code) : '';
  const [, code] = CODE_BY_SQLITE_PREFIX.find(([prefix]) => sqliteCode.startsWith(prefix)) ?? [];
  return new StoreError(code ?? 'STORE_UNAVAILABLE', file, error);
}
