import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { createTestDatabase } from '../support/postgres.ts';
import { projectRoot } from '../support/processes.ts';

it('the schema says what the migrations make', async () => {
  const database = await createTestDatabase();
  const prisma = ['node_modules/prisma/build/index.js', 'migrate', 'diff', '--from-config-datasource'];
  const env = { ...process.env, DATABASE_URL: database.url };
  const diff = spawnSync(process.execPath, [...prisma, '--to-schema', 'prisma/schema.prisma', '--script'], {
    cwd: projectRoot,
    env,
    encoding: 'utf8',
  });
  await database.drop();
  expect(diff.stdout.trim()).toBe('-- This is an empty migration.');
});
