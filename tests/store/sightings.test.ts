import { afterAll, beforeAll, expect, it } from 'vitest';
import { listSightings, noteSighting, type SightingFacts } from '#lib/store/sightings.ts';
import { createSite } from '#lib/store/sites.ts';
import { createInstallation, done, type TestInstallation } from './installation.ts';

let home: TestInstallation;
beforeAll(async () => {
  home = await createInstallation();
});
afterAll(() => home.close());

function facts(changes: Partial<SightingFacts> = {}): SightingFacts {
  return {
    ...{
      address: '10.13.2.37',
      siteId: null,
      vendor: 'audiocodes',
      model: '420HD',
      firmware: '1.2.1_build_6',
    },
    ...{ userAgent: 'AUDC-IPPhone/1.2.1_build_6', recognisedBy: 'user-agent', worker: 'w1' },
    ...{ rule: 'Unknown phones are listed', ...changes },
  };
}

it('a phone that does not say its MAC is listed once, by its address, with what it said last', async () => {
  expect(await noteSighting(home.db, facts())).toEqual({ created: true });
  expect(await noteSighting(home.db, facts({ firmware: '1.2.2' }))).toEqual({ created: false });
  const { data } = await listSightings(home.ctx);
  expect(Date.parse(data[0]?.firstSeenAt ?? '')).toBeLessThanOrEqual(Date.parse(data[0]?.lastSeenAt ?? ''));
  expect(data).toMatchObject([
    { address: '10.13.2.37', vendor: 'audiocodes', model: '420HD', firmware: '1.2.2' },
  ]);
});

it('only those of one’s own sites are seen; those of no site by whoever sees everything', async () => {
  const { site } = done(await createSite(home.ctx, { slug: 'branch', name: 'Branch', kind: 'customer' }));
  await noteSighting(home.db, facts({ address: '10.50.0.9', siteId: site.id }));
  const branch = home.as({
    ...{ kind: 'token', id: crypto.randomUUID(), name: 'Branch' },
    grants: [{ scopes: ['read'], siteId: site.id }],
  });
  expect((await listSightings(branch)).data.map(({ address }) => address)).toEqual(['10.50.0.9']);
  expect((await listSightings(home.ctx)).data).toHaveLength(2);
});

it('pages go from the newest to the oldest without a gap', async () => {
  for (let n = 0; n < 5; n += 1) await noteSighting(home.db, facts({ address: `10.60.0.${n}` }));
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await listSightings(home.ctx, { limit: 2, cursor });
    seen.push(...page.data.map(({ address }) => address));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toHaveLength(7);
  expect(new Set(seen).size).toBe(7);
});
