import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeviceQuery, listDevices } from '#lib/store/devices.ts';
import { createInstallation, type TestInstallation } from './installation.ts';

let home: TestInstallation;
beforeAll(async () => {
  home = await createInstallation();
  await home.pool.query(`
    INSERT INTO devices (site_id, root_id, mac, model_slug, vendor, label, person, state, tags, sealed_token, token_lookup,
      last_seen_at, last_seen_address, created_at)
    SELECT s.id, s.id, '0021f2' || lpad(to_hex(n), 6, '0'), 'flyingvoice/fip14g', 'flyingvoice', 'Room ' || n, 'Person ' || n,
      'active', CASE WHEN n % 1000 = 0 THEN '{lobby}'::text[] ELSE '{}' END, '', 'lookup' || n,
      CASE WHEN n % 2 = 0 THEN now() - n * interval '1 minute' END, ('10.0.' || n / 250 || '.' || n % 250)::inet,
      now() - n * interval '1 second'
    FROM generate_series(1, 20000) n, sites s WHERE s.slug = 'default'`);
  await home.pool.query(`
    INSERT INTO accounts (site_id, root_id, user_name) SELECT s.id, s.id, 'ext' || n FROM generate_series(1, 20000) n, sites s`);
  await home.pool.query(`
    INSERT INTO lines (device_id, root_id, index, account_id)
    SELECT d.id, d.root_id, 1, a.id FROM devices d JOIN accounts a ON a.user_name = 'ext' || substr(d.label, 6)`);
  await home.pool.query('ANALYZE');
});
afterAll(() => home.close());

async function labels(query: DeviceQuery): Promise<(string | null)[]> {
  return (await listDevices(home.ctx, { limit: 5, ...query })).data.map((device) => device.label);
}

describe('a search', () => {
  it.each([
    ['the last digits of a MAC', '04:e2:0', ['Room 20000', 'Room 19970']],
    ['the last digits', 'f2:00:4e:20', ['Room 20000']],
    ['the whole MAC in another notation', '0021.F200.4E20', ['Room 20000']],
    ['a label', 'room 1999', ['Room 1999', 'Room 19990']],
    ['a person', 'PERSON 777', ['Room 777']],
    ['an extension', 'ext4242', ['Room 4242']],
    ['an address', '10.0.4.7', ['Room 1007']],
    ['a tag', 'lobby', ['Room 1000']],
    ['nothing that is there', 'zzz', []],
    ['a wildcard that is none', '%', []],
  ])('finds a phone by %s', async (_, query, expected) => {
    const found = await labels({ query });
    for (const label of expected.slice(0, 1)) expect(found).toContain(label);
    if (expected.length === 0) expect(found).toEqual([]);
  });
});

describe('pages', () => {
  it.each(['created', 'label', 'mac', 'lastSeen'] as const)('by %s hold every phone once', async (sort) => {
    const seen: string[] = [];
    for (let cursor: string | null | undefined; ; ) {
      const page = await listDevices(home.ctx, { sort, cursor, limit: 7, query: 'room 199' });
      seen.push(...page.data.map((device) => device.id));
      cursor = page.nextCursor;
      if (!cursor) break;
    }
    expect(seen).toHaveLength(111);
    expect(new Set(seen).size).toBe(111);
  });

  it('begin again with a cursor that was made up', async () => {
    expect(await labels({ cursor: 'bm9uc2Vuc2U' })).toEqual(await labels({}));
  });
});

describe('no query scans the table', () => {
  it.each<[string, DeviceQuery]>([
    ['newest', {}],
    ['by label', { sort: 'label' }],
    ['by MAC', { sort: 'mac' }],
    ['by last seen', { sort: 'lastSeen' }],
    ['digits', { query: '4e20' }],
    ['label', { query: 'room 1999' }],
    ['extension', { query: 'ext4242' }],
    ['address', { query: '10.0.4.7' }],
    ['tag', { tag: 'lobby' }],
    ['failing', { failing: true }],
    ['discovered', { state: 'discovered' }],
  ])('%s', async (_, query) => {
    const plan = await explain(query);
    expect(plan).not.toMatch(/Seq Scan on devices/);
    expect(plan).not.toMatch(/Seq Scan on (accounts|lines)/);
  });
});

/** The plan of the statement that a list sends, as Postgres would run it. */
async function explain(query: DeviceQuery): Promise<string> {
  const statements: { sql: string; params: unknown[] }[] = [];
  const db = new Proxy(home.db, {
    get: (target, name) =>
      name === '$queryRaw'
        ? async (strings: TemplateStringsArray, ...values: unknown[]) => {
            const { Prisma } = await import('#prisma/generated/client.ts');
            const statement = Prisma.sql(strings, ...values);
            statements.push({ sql: statement.text, params: [...statement.values] });
            return [];
          }
        : Reflect.get(target, name),
  });
  await listDevices({ ...home.ctx, db }, query);
  const [statement] = statements;
  const { rows } = await home.pool.query(`EXPLAIN ${statement?.sql}`, statement?.params);
  return rows.map((row: { 'QUERY PLAN': string }) => row['QUERY PLAN']).join('\n');
}
