import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrate, readMigrations } from '#lib/store/migrate.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/postgres.ts';
import { projectRoot, startNode } from '../support/processes.ts';

const names = readMigrations(path.join(projectRoot, 'prisma/migrations')).map((migration) => migration.name);
let database: TestDatabase;
beforeEach(async () => {
  database = await createEmptyDatabase();
});
afterEach(() => database.drop());

async function prisma(...args: string[]): Promise<string> {
  const env = { DATABASE_URL: database.url, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
  const run = startNode('node_modules/prisma/build/index.js', args, { env });
  const { code } = await run.ended;
  const said = run.lines.join('\n');
  expect(code, said).toBe(0);
  return said;
}

test('what Prisma has deployed, the start leaves as it is', async () => {
  expect(await prisma('migrate', 'deploy')).toContain('All migrations have been successfully applied');
  expect(await migrate(database.url)).toEqual({ ok: true, value: { applied: [] } });
});

test('what the start has migrated, Prisma finds up to date', async () => {
  expect(await migrate(database.url)).toEqual({ ok: true, value: { applied: names } });
  expect(await prisma('migrate', 'deploy')).toContain('No pending migrations to apply');
  expect(await prisma('migrate', 'status')).toContain('Database schema is up to date');
});
