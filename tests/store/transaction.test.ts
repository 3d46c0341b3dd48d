import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, inTransaction, openDatabase, sqlState } from '#lib/store/client.ts';
import { invalid, transact } from '#lib/store/outcome.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url);
  await database.pool.query(
    `INSERT INTO models (slug, vendor, name, lines, keys) VALUES ('a/a', 'a', 'a', 0, 0), ('a/b', 'a', 'b', 0, 0)`,
  );
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

async function keysOf(slug: string): Promise<number | undefined> {
  return (await database.db.phoneModel.findUnique({ where: { slug } }))?.keys;
}

it('a transaction inside a transaction is that transaction', async () => {
  await inTransaction(database.db, async (tx) => {
    expect(await inTransaction(tx, async (inner) => inner)).toBe(tx);
  });
});

it('two that lock each other are both done: Postgres ends one, which runs again', async () => {
  const arrived: (() => void)[] = [];
  const met = new Promise<void>((resolve) => arrived.push(resolve));
  let waiting = 0;
  let runs = 0;
  const work = (first: string, second: string) =>
    inTransaction(database.db, async (tx) => {
      runs += 1;
      await tx.phoneModel.update({ where: { slug: first }, data: { keys: { increment: 1 } } });
      waiting += 1;
      if (waiting === 2) arrived[0]?.();
      await met;
      await tx.phoneModel.update({ where: { slug: second }, data: { keys: { increment: 1 } } });
    });
  await Promise.all([work('a/a', 'a/b'), work('a/b', 'a/a')]);
  expect(runs).toBe(3);
  expect([await keysOf('a/a'), await keysOf('a/b')]).toEqual([2, 2]);
});

it('a refusal leaves nothing behind', async () => {
  const before = await keysOf('a/a');
  const outcome = await transact(database.db, async (tx) => {
    await tx.phoneModel.update({ where: { slug: 'a/a' }, data: { keys: 99 } });
    return invalid('/keys', 'no');
  });
  expect(outcome).toEqual({ ok: false, reason: 'invalid', pointers: [{ pointer: '/keys', detail: 'no' }] });
  expect(await keysOf('a/a')).toBe(before);
});

it('a failed query tells its SQLSTATE', async () => {
  const failed = database.db.$queryRaw`SELECT 1 / 0`.then(
    () => null,
    (error: unknown) => sqlState(error),
  );
  expect(await failed).toBe('22012');
  expect(sqlState(new Error('x'))).toBeNull();
});
