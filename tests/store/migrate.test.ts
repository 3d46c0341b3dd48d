import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isFreshDatabase, migrate } from '#lib/store/migrate.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/postgres.ts';

const FIRST = "CREATE TABLE site (slug text PRIMARY KEY);\nINSERT INTO site VALUES ('default');\n";
/** Semicolons inside a function body must not split it. */
const SECOND = `CREATE FUNCTION count_sites() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1; RETURN (SELECT count(*) FROM site);
END;
$$;`;

let folder: string;
let database: TestDatabase;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'provost-migrations-'));
  writeFileSync(path.join(folder, 'migration_lock.toml'), 'provider = "postgresql"\n');
  database = await createEmptyDatabase();
});
afterEach(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

function addMigration(name: string, sql: string): void {
  mkdirSync(path.join(folder, name));
  writeFileSync(path.join(folder, name, 'migration.sql'), sql);
}

async function query(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test('migrations are applied in order, once, and booked as Prisma books them', async () => {
  addMigration('20260102000000_count', SECOND);
  addMigration('20260101000000_first', FIRST);
  const names = ['20260101000000_first', '20260102000000_count'];
  expect(await migrate(database.url, folder)).toEqual({ ok: true, value: { applied: names } });
  expect(await migrate(database.url, folder)).toEqual({ ok: true, value: { applied: [] } });
  expect(await query('SELECT count_sites() AS sites')).toEqual([{ sites: 1 }]);
  const rows = await query(
    'SELECT migration_name, checksum, logs, rolled_back_at, applied_steps_count, finished_at >= started_at AS ended FROM _prisma_migrations ORDER BY migration_name',
  );
  expect(rows).toEqual(
    [FIRST, SECOND].map((sql, index) => ({
      migration_name: names[index],
      checksum: createHash('sha256').update(sql).digest('hex'),
      logs: null,
      rolled_back_at: null,
      applied_steps_count: 1,
      ended: true,
    })),
  );
});

test('two at once apply each migration once', async () => {
  addMigration('20260101000000_first', FIRST);
  const results = await Promise.all([migrate(database.url, folder), migrate(database.url, folder)]);
  const applied = results.flatMap((result) => (result.ok ? result.value.applied : ['refused']));
  expect(applied).toEqual(['20260101000000_first']);
});

test('a migration whose file changed after it was applied is refused by name', async () => {
  addMigration('20260101000000_first', FIRST);
  await migrate(database.url, folder);
  appendFileSync(path.join(folder, '20260101000000_first', 'migration.sql'), '-- later thought\n');
  expect(await migrate(database.url, folder)).toEqual({
    ok: false,
    reason: 'changed',
    at: '20260101000000_first',
  });
});

test('a database that a newer version migrated is refused', async () => {
  addMigration('20260101000000_first', FIRST);
  addMigration('20260102000000_count', SECOND);
  await migrate(database.url, folder);
  rmSync(path.join(folder, '20260102000000_count'), { recursive: true });
  expect(await migrate(database.url, folder)).toEqual({
    ok: false,
    reason: 'unknown',
    at: '20260102000000_count',
  });
});

test('a migration that Prisma began and did not finish is refused, a rolled back one is applied again', async () => {
  addMigration('20260101000000_first', FIRST);
  await migrate(database.url, folder);
  await query('DROP TABLE site; UPDATE _prisma_migrations SET finished_at = NULL');
  expect(await migrate(database.url, folder)).toMatchObject({ ok: false, reason: 'unfinished' });
  await query('UPDATE _prisma_migrations SET rolled_back_at = now()');
  expect(await migrate(database.url, folder)).toMatchObject({ ok: true });
});

test('a migration that fails leaves nothing behind, and those before it stay', async () => {
  addMigration('20260101000000_first', FIRST);
  addMigration('20260102000000_broken', 'CREATE TABLE half (id int); SELECT nonsense;');
  await expect(migrate(database.url, folder)).rejects.toThrow(
    /^Migration 20260102000000_broken failed: column "nonsense"/,
  );
  expect(await query("SELECT to_regclass('half') AS half, to_regclass('site')::text AS site")).toEqual([
    { half: null, site: 'site' },
  ]);
  expect(await query('SELECT migration_name FROM _prisma_migrations')).toEqual([
    { migration_name: '20260101000000_first' },
  ]);
});

test('a database counts as fresh until its first migration', async () => {
  addMigration('20260101000000_first', FIRST);
  expect(await isFreshDatabase(database.url)).toBe(true);
  await migrate(database.url, folder);
  expect(await isFreshDatabase(database.url)).toBe(false);
});
