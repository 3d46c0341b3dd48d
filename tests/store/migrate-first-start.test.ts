import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimForKey, hasUsers, tryConnection } from '#lib/store/first-start.ts';
import { createVault } from '#lib/system/secrets.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('a database is claimed by the first key, and refuses every other', async () => {
  const ours = createVault(Buffer.alloc(32, 1)).checkValue();
  const other = createVault(Buffer.alloc(32, 2)).checkValue();
  expect(await claimForKey(database.url, ours)).toBe(true);
  expect(await claimForKey(database.url, ours)).toBe(true);
  expect(await claimForKey(database.url, other)).toBe(false);
});

test('a database without users is due for a first administrator', async () => {
  expect(await hasUsers(database.url)).toBe(false);
});

test('a database that cannot be reached says why in one line', async () => {
  expect(await tryConnection(database.url)).toBe(null);
  const wrong = new URL(database.url);
  wrong.pathname = '/absent';
  expect(await tryConnection(wrong.href)).toBe('database "absent" does not exist');
});
