/**
 * Applies `prisma/migrations` at start without Prisma's engine, and keeps the same book (`_prisma_migrations`) under the
 * same lock, so that `prisma migrate deploy` and this runner can take turns on one database.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';

/** The advisory lock that Prisma's own engine takes while it migrates PostgreSQL. */
const PRISMA_LOCK = 72_707_369;

const BOOK = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

/**
 * `at` names the migration. `changed`: its file is not the one that was applied. `unknown`: the database is newer than
 * this software. `unfinished`: Prisma began it and failed, so somebody has to resolve it first.
 */
export type MigrationResult =
  | { readonly ok: true; readonly value: { readonly applied: readonly string[] } }
  | { readonly ok: false; readonly reason: 'changed' | 'unknown' | 'unfinished'; readonly at: string };

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

interface BookRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

/**
 * Brings a database up to date, each migration in a transaction of its own; waits while another process does the same.
 * Throws with the migration's name when its SQL fails: then nothing of it remains.
 *
 * @param folder holds one folder per migration, each with a `migration.sql`; applied in the order of their names.
 */
export async function migrate(
  databaseUrl: string,
  folder: string = path.resolve('prisma/migrations'),
): Promise<MigrationResult> {
  const migrations = readMigrations(folder);
  return withClient(databaseUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [PRISMA_LOCK]);
    await client.query(BOOK);
    const rows = await readBook(client);
    const refusal = findRefusal(migrations, rows);
    if (refusal) return refusal;
    const done = new Set(rows.map((row) => row.migration_name));
    const applied: string[] = [];
    for (const migration of migrations.filter(({ name }) => !done.has(name))) {
      await applyMigration(client, migration);
      applied.push(migration.name);
    }
    return { ok: true, value: { applied } };
  });
}

/** Whether a database was never migrated: only then may a new secret key be made for it. */
export async function isFreshDatabase(databaseUrl: string): Promise<boolean> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ book: string | null }>(
      `SELECT to_regclass('"_prisma_migrations"')::text AS book`,
    );
    return rows[0]?.book === null || (await readBook(client)).length === 0;
  });
}

export function readMigrations(folder: string): Migration[] {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const sql = readFileSync(path.join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

function findRefusal(migrations: readonly Migration[], rows: readonly BookRow[]): MigrationResult | null {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of rows) {
    const migration = known.get(row.migration_name);
    const refuse = (reason: 'changed' | 'unknown' | 'unfinished'): MigrationResult => ({
      ok: false,
      reason,
      at: row.migration_name,
    });
    if (!migration) return refuse('unknown');
    if (row.finished_at === null) return refuse('unfinished');
    if (row.checksum !== migration.checksum) return refuse('changed');
  }
  return null;
}

async function readBook(client: pg.Client): Promise<BookRow[]> {
  const { rows } = await client.query<BookRow>(
    `SELECT migration_name, checksum, finished_at FROM "_prisma_migrations"
     WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return rows;
}

/** The file goes over as it is: the server splits it, so a semicolon inside a function is safe. */
async function applyMigration(client: pg.Client, migration: Migration): Promise<void> {
  const startedAt = new Date();
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO "_prisma_migrations"
         (id, checksum, finished_at, migration_name, logs, rolled_back_at, started_at, applied_steps_count)
       VALUES ($1, $2, clock_timestamp(), $3, NULL, NULL, $4, 1)`,
      [randomUUID(), migration.checksum, migration.name, startedAt],
    );
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK');
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Migration ${migration.name} failed: ${said}`, { cause });
  }
}

async function withClient<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
