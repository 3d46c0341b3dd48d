/** A made-up fleet: complete, publishable, and never made twice. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sweep } from '#lib/store/sweep.ts';
import { seedFleet } from '#prisma/seed-fleet.ts';
import { createInstallation, type TestInstallation } from './installation.ts';

let site: TestInstallation;
beforeAll(async () => {
  site = await createInstallation();
});
afterAll(() => site.close());

async function countRows() {
  const { db } = site;
  return {
    ...{ devices: await db.device.count(), lines: await db.line.count(), keys: await db.lineKey.count() },
    ...{
      accounts: await db.account.count(),
      sites: await db.site.count(),
      changes: await db.catalogChange.count(),
    },
  };
}

test('a fleet grows to the number that is asked for', async () => {
  expect(await seedFleet(site.ctx, { devices: 120 })).toEqual({ sites: 4, devices: 120 });
  expect(await seedFleet(site.ctx, { devices: 205 })).toEqual({ sites: 1, devices: 85 });
});

test('a second run adds nothing, and leaves alone what people made of it', async () => {
  const first = await site.db.device.findFirstOrThrow({ where: { mac: '0221f2000000' } });
  await site.db.device.update({ where: { id: first.id }, data: { label: 'Mine', state: 'retired' } });
  const before = await countRows();
  expect(await seedFleet(site.ctx, { devices: 205 })).toEqual({ sites: 0, devices: 0 });
  expect(await countRows()).toEqual(before);
});

test('every phone of it passes the gate', async () => {
  for (let more = true; more; ) more = (await sweep(site.ctx)).more;
  const states = await site.db.device.groupBy({ by: ['publicationState'], _count: true });
  expect(states).toEqual([{ publicationState: 'published', _count: 205 }]);
});

test('a fleet has every model, up to four lines, and keys', async () => {
  const models = await site.db.device.groupBy({ by: ['modelSlug'] });
  const lines = await site.db.line.groupBy({ by: ['index'] });
  expect(models).toHaveLength(9);
  expect(lines.map((row) => row.index).sort()).toEqual([1, 2, 3, 4]);
  expect(await site.db.lineKey.count({ where: { type: 'blf' } })).toBeGreaterThan(205);
});
