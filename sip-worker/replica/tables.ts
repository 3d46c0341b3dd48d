/**
 * The replica's SQLite file. Every row carries a keyed check and is verified whenever it is read; the state row names
 * the exclusive or of all checks, so that a row that was lost or came back is noticed at open. Files are sealed, and
 * prove themselves by their address.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { RowChecks } from './row-check.ts';

/** The file does not hold what was written. Served data stays right: nothing that fails its check is returned. */
export class DamagedReplica extends Error {
  override name = 'DamagedReplica';
}

export interface Row {
  readonly kind: string;
  readonly key: string;
  readonly body: string;
  readonly check: Uint8Array;
}

/** `draft` files are written without a journal: they count only once they are whole, synced and renamed. */
export type TablesMode = 'live' | 'draft';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entries (
    kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, seal BLOB NOT NULL, PRIMARY KEY (kind, key)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS artifacts (address TEXT NOT NULL PRIMARY KEY, refs INTEGER NOT NULL, sealed BLOB);
  CREATE INDEX IF NOT EXISTS orphans ON artifacts (address) WHERE refs <= 0;
`;

/** A commit is on the disk when it returns: a revoked token must not come back after a power cut. */
const PRAGMAS: Readonly<Record<TablesMode, string>> = {
  live: 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216;',
  draft: 'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;',
};

const STATEMENTS = {
  row: 'SELECT kind, key, body, seal FROM entries WHERE kind = ? AND key = ?',
  rows: 'SELECT kind, key, body, seal FROM entries',
  putRow: `INSERT INTO entries (kind, key, body, seal) VALUES (?, ?, ?, ?)
           ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body, seal = excluded.seal`,
  deleteRow: 'DELETE FROM entries WHERE kind = ? AND key = ?',
  artifact: 'SELECT sealed FROM artifacts WHERE address = ? AND sealed IS NOT NULL',
  hasArtifact: 'SELECT 1 AS found FROM artifacts WHERE address = ? AND sealed IS NOT NULL',
  putArtifact: `INSERT INTO artifacts (address, refs, sealed) VALUES (?, 0, ?)
                ON CONFLICT (address) DO UPDATE SET sealed = excluded.sealed`,
  addReference: `INSERT INTO artifacts (address, refs) VALUES (?, 1)
                 ON CONFLICT (address) DO UPDATE SET refs = refs + 1`,
  dropReference: 'UPDATE artifacts SET refs = refs - 1 WHERE address = ?',
  deleteOrphans:
    'DELETE FROM artifacts WHERE address IN (SELECT address FROM artifacts WHERE refs <= 0 LIMIT ?)',
} as const;

type Statements = { readonly [Name in keyof typeof STATEMENTS]: StatementSync };

export class ReplicaTables {
  readonly #database: DatabaseSync;
  readonly #checks: RowChecks;
  readonly #statements: Statements;

  /** Creates the tables where they are not there. Throws DamagedReplica for a file that SQLite cannot read. */
  constructor(file: string, checks: RowChecks, mode: TablesMode) {
    this.#checks = checks;
    this.#database = open(file, mode);
    try {
      this.#statements = prepareAll(this.#database);
    } catch (error) {
      this.#database.close();
      throw asDamage(error);
    }
  }

  /** Null when there is no such row. Throws DamagedReplica when it fails its check. */
  readRow(kind: string, key: string): Row | null {
    const row = read(() => this.#statements.row.get(kind, key));
    return row === undefined ? null : this.#verify(row);
  }

  /** Every row with what is stored as its check; whether the row still fits it is for the caller to act on. */
  *readRows(): Generator<{ readonly row: Row; readonly isIntact: boolean }> {
    const rows = this.#statements.rows.iterate();
    for (;;) {
      const next = read(() => rows.next());
      if (next.done) return;
      const { kind, key, body, seal } = next.value;
      if (!isText(kind) || !isText(key) || !isText(body) || !(seal instanceof Uint8Array))
        throw new DamagedReplica('a row has values of other types');
      const isIntact = this.#checks.checkRow(kind, key, body).equals(seal);
      yield { row: { kind, key, body, check: seal }, isIntact };
    }
  }

  putRow(kind: string, key: string, body: string): Uint8Array {
    const check = this.#checks.checkRow(kind, key, body);
    this.#statements.putRow.run(kind, key, body, check);
    return check;
  }

  deleteRow(kind: string, key: string): void {
    this.#statements.deleteRow.run(kind, key);
  }

  readArtifact(address: string): Uint8Array | null {
    const sealed = read(() => this.#statements.artifact.get(address))?.sealed;
    return sealed instanceof Uint8Array ? sealed : null;
  }

  hasArtifact(address: string): boolean {
    return read(() => this.#statements.hasArtifact.get(address)) !== undefined;
  }

  putArtifact(address: string, sealed: Uint8Array): void {
    this.#statements.putArtifact.run(address, sealed);
  }

  addReference(address: string): void {
    this.#statements.addReference.run(address);
  }

  dropReference(address: string): void {
    this.#statements.dropReference.run(address);
  }

  /** At most `limit`, so that one change never stands still for a large clean-up. Returns how many went. */
  deleteOrphans(limit: number): number {
    return Number(this.#statements.deleteOrphans.run(limit).changes);
  }

  /** All or nothing, and on the disk when it returns. */
  inTransaction<T>(write: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = write();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#rollBack();
      throw asDamage(error);
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  /** SQLite has already rolled back by itself after some errors (disk full); then there is nothing left to end. */
  #rollBack(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }

  #verify(row: Record<string, unknown>): Row {
    const { kind, key, body, seal } = row;
    if (!isText(kind) || !isText(key) || !isText(body))
      throw new DamagedReplica('a row has values of other types');
    const check = this.#checks.checkRow(kind, key, body);
    if (!(seal instanceof Uint8Array) || !check.equals(seal))
      throw new DamagedReplica(`the row of ${kind} ${key.slice(0, 64)} fails its check`);
    return { kind, key, body, check };
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function prepareAll(database: DatabaseSync): Statements {
  const entries = Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)] as const);
  return Object.fromEntries(entries) as unknown as Statements;
}

function read<T>(query: () => T): T {
  try {
    return query();
  } catch (error) {
    throw asDamage(error);
  }
}

/** A worker that starts on a full disk still serves: alone with its file, SQLite needs no room for a shared index. */
function open(file: string, mode: TablesMode): DatabaseSync {
  try {
    return openLocked(file, mode, 'NORMAL');
  } catch (error) {
    if (!isFullDisk(error)) throw asDamage(error);
  }
  try {
    return openLocked(file, mode, 'EXCLUSIVE');
  } catch (error) {
    throw asDamage(error);
  }
}

/** How it is locked has to be said before anything touches the file. */
function openLocked(file: string, mode: TablesMode, locking: 'NORMAL' | 'EXCLUSIVE'): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    database.exec(`PRAGMA locking_mode = ${locking}; PRAGMA cell_size_check = ON; PRAGMA busy_timeout = 2000;
      PRAGMA cache_size = -8192; ${PRAGMAS[mode]} ${SCHEMA}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLITE_FULL, and SQLITE_IOERR_SHMSIZE for the shared index of the journal (sqlite.org/rescode.html). */
const FULL_DISK_CODES = [13, 4874];

function isFullDisk(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && FULL_DISK_CODES.includes(Number(error.errcode));
}

/** SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_SCHEMA-like surprises in a file that only we write; SQLITE_ERROR: other tables. */
const DAMAGE_CODES = [1, 11, 26];

function asDamage(error: unknown): unknown {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : null;
  if (code === null || !DAMAGE_CODES.includes(code)) return error;
  return new DamagedReplica('SQLite cannot read the file', { cause: error });
}
