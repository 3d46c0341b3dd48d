import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Mac } from '#lib/domain/mac.ts';
import type { ServedDevice, ServedEntity } from '#lib/domain/served.ts';
import { openDatabase } from '#lib/store/client.ts';
import { discoverPhone } from '#lib/store/device-discovery.ts';
import { putDeviceByMac, retireDevice } from '#lib/store/devices.ts';
import { recordEvents } from '#lib/store/events.ts';
import { type FeedCursor, pruneFeed, readChanges, readEpoch, readSnapshot } from '#lib/store/feed.ts';
import { listenToFeed } from '#lib/store/feed-listener.ts';
import { createRule } from '#lib/store/rules.ts';
import { updateSite } from '#lib/store/sites.ts';
import { addPhone, body, createInstallation, done, nextMac, type TestInstallation } from './installation.ts';

let home: TestInstallation;
const clients: pg.Client[] = [];
const sharedCluster = process.env.PROVOST_TEST_DATABASE;
beforeAll(async () => {
  // Transactions of every database of a cluster hold cursors back, so that this file has a cluster to itself.
  delete process.env.PROVOST_TEST_DATABASE;
  home = await createInstallation();
});
afterAll(async () => {
  await home.close();
  if (sharedCluster !== undefined) process.env.PROVOST_TEST_DATABASE = sharedCluster;
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end();
});

/** A transaction that stays open until it is told otherwise. */
async function openTransaction(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: home.url });
  await client.connect();
  clients.push(client);
  await client.query('BEGIN');
  return client;
}

/** Rows that the last answer or snapshot held, above its cursor. */
let applied: readonly bigint[] = [];

async function snapshot(): Promise<{ cursor: FeedCursor; entities: ServedEntity[] }> {
  const entities: ServedEntity[] = [];
  const { cursor, appliedAbove } = await readSnapshot(home.db, (batch) => {
    entities.push(...batch);
  });
  applied = appliedAbove;
  return { cursor, entities };
}

async function changes(cursor: FeedCursor, options: Parameters<typeof readChanges>[2] = {}) {
  const answer = await readChanges(home.db, cursor, { appliedAbove: applied, ...options });
  if (answer.kind !== 'changes') throw new Error(answer.reason);
  applied = answer.appliedAbove;
  return answer;
}

function devicesIn(entities: readonly ServedEntity[]): ServedDevice[] {
  return entities.flatMap((entity) => (entity.kind === 'device' ? [entity.value] : []));
}

describe('a snapshot', () => {
  it('holds everything that is served, artifacts before what points at them', async () => {
    const device = await addPhone(home.ctx);
    const { entities } = await snapshot();
    const kinds = new Set(entities.map((entity) => entity.kind));
    expect([...kinds].sort()).toEqual(['artifact', 'device', 'model', 'rule', 'site']);
    const served = devicesIn(entities).find((each) => each.id === device.id);
    expect(served).toMatchObject({ mac: device.mac, revision: 1, state: 'active', vendor: 'flyingvoice' });
    const at = entities.findIndex((entity) => entity.key === device.id);
    for (const file of served?.files ?? [])
      expect(entities.findIndex((entity) => entity.key === file.address)).toBeLessThan(at);
    expect(served?.files.map((file) => [file.name, file.role])).toEqual([
      [`${device.mac}.boot`, 'boot'],
      [`${device.mac}.cfg`, 'main'],
      ['y000000000000.boot', 'boot'],
      ['y000000000000.cfg', 'common'],
    ]);
  });

  it('holds artifacts that open under their addresses, and a token that opens', async () => {
    const { entities } = await snapshot();
    for (const entity of entities)
      if (entity.kind === 'artifact')
        expect(home.vault.openArtifact(entity.value.sealed, entity.key).ok).toBe(true);
    for (const device of devicesIn(entities)) {
      const token = home.vault.open(Buffer.from(device.sealedToken, 'base64'), `device.token:${device.id}`);
      expect(token.ok && home.vault.lookup('device-token', token.value.toString())).toBe(
        device.tokenLookups[0],
      );
    }
  });

  it('is followed without a gap', async () => {
    const { cursor } = await snapshot();
    const device = await addPhone(home.ctx);
    const next = await changes(cursor);
    expect(devicesIn(next.upserts).map((each) => each.id)).toEqual([device.id]);
    expect(await changes(next.cursor)).toMatchObject({
      upserts: [],
      removals: [],
      appliedAbove: [],
      more: false,
    });
  });
});

describe('the feed', () => {
  it('names what workers need and nothing else', async () => {
    const device = await addPhone(home.ctx);
    const { cursor } = await snapshot();
    const seen = {
      kind: 'subscribe',
      deviceId: device.id,
      mac: device.mac,
      siteId: null,
      rootId: null,
    } as const;
    const event = {
      ...seen,
      id: crypto.randomUUID(),
      at: new Date().toISOString(),
      worker: 'w',
      address: '10.0.0.1',
    };
    await recordEvents(home.db, [{ ...event, summary: 'SUBSCRIBE', data: { firmware: '1.2' } }]);
    await home.db.device.update({ where: { id: device.id }, data: { findings: [], label: 'X' } });
    expect((await changes(cursor)).upserts).toEqual([]);
    await home.db.device.update({ where: { id: device.id }, data: { tags: ['new'] } });
    expect(devicesIn((await changes(cursor)).upserts)).toMatchObject([{ id: device.id, tags: ['new'] }]);
  });

  it('raises the version of a device with every change of it', async () => {
    const device = await addPhone(home.ctx);
    const versions: number[] = [];
    let { cursor } = await snapshot();
    for (const label of ['A', 'B', 'C']) {
      done(await putDeviceByMac(home.ctx, device.mac as Mac, body({ lines: [{ index: 1, label }] })));
      const next = await changes(cursor);
      versions.push(...devicesIn(next.upserts).map((each) => each.version));
      cursor = next.cursor;
    }
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(new Set(versions).size).toBe(3);
  });

  it('carries sites, rules and models too', async () => {
    const { cursor } = await snapshot();
    done(await updateSite(home.ctx, 'default', { input: { networks: ['10.9.0.0/24'] } }));
    done(await createRule(home.ctx, { name: 'Extra', match: { vendor: 'flyingvoice' }, url: '{{start}}' }));
    const { upserts } = await changes(cursor);
    const told = upserts.map((entity) => entity.kind).filter((kind) => kind !== 'artifact');
    expect(told.sort()).toEqual(['rule', 'site']);
    const site = upserts.find((entity) => entity.kind === 'site');
    expect(site?.value).toMatchObject({
      networks: ['10.9.0.0/24'],
      commonFiles: { flyingvoice: expect.any(Array) },
    });
  });

  it('sends artifacts that the caller does not have, and those only', async () => {
    const device = await addPhone(home.ctx);
    const { cursor, entities } = await snapshot();
    const known = new Set(
      entities.filter((entity) => entity.kind === 'artifact').map((entity) => entity.key),
    );
    done(
      await putDeviceByMac(home.ctx, device.mac as Mac, body({ lines: [{ index: 1, displayName: 'New' }] })),
    );
    const next = await changes(cursor, { knownAddresses: (address) => known.has(address) });
    expect(next.upserts.map((entity) => entity.kind)).toEqual(['artifact', 'device']);
  });

  it('removes a retired phone once it has fetched its last file', async () => {
    const device = await addPhone(home.ctx);
    const retired = done(await retireDevice(home.ctx, device.id)).device;
    const { cursor, entities } = await snapshot();
    expect(devicesIn(entities).some((each) => each.id === device.id)).toBe(true);
    await recordEvents(home.db, [
      {
        ...{
          id: crypto.randomUUID(),
          at: new Date().toISOString(),
          kind: 'download',
          deviceId: device.id,
          mac: device.mac,
        },
        ...{ siteId: null, rootId: null, worker: 'w', address: '10.0.0.1', summary: 'GET' },
        data: { status: 200, role: 'main', revision: retired.revision, token: 'current' },
      },
    ]);
    expect((await changes(cursor)).removals).toEqual([{ kind: 'device', key: device.id }]);
  });

  it('knows nothing of phones that were only discovered', async () => {
    const { cursor } = await snapshot();
    const facts = {
      vendor: 'flyingvoice',
      model: null,
      modelText: null,
      recognisedBy: 'oui',
      firmware: null,
    } as const;
    const found = { ...facts, userAgent: null, address: '10.0.0.9', siteId: null, rule: null, worker: 'w' };
    await discoverPhone(home.db, { ...found, mac: nextMac(), vault: home.vault });
    expect(await changes(cursor)).toMatchObject({ upserts: [], removals: [] });
  });

  it('can be read in parts', async () => {
    const { cursor } = await snapshot();
    const devices = [await addPhone(home.ctx), await addPhone(home.ctx), await addPhone(home.ctx)];
    const seen = new Set<string>();
    let at = cursor;
    for (let more = true; more; ) {
      const next = await changes(at, { limit: 1 });
      for (const device of devicesIn(next.upserts)) seen.add(device.id);
      ({ cursor: at, more } = next);
    }
    expect([...seen].sort()).toEqual(devices.map((device) => device.id).sort());
  });
});

describe('transactions that commit out of order', () => {
  it('lose nothing: the later row of an earlier transaction is not passed over', async () => {
    const [first, second] = [await addPhone(home.ctx), await addPhone(home.ctx)];
    const { cursor } = await snapshot();
    // The second transaction begins later, writes its row first, and commits first.
    const early = await openTransaction();
    await early.query('SELECT pg_current_xact_id()');
    const late = await openTransaction();
    await late.query(`UPDATE devices SET tags = '{late}' WHERE id = $1`, [second.id]);
    await early.query(`UPDATE devices SET tags = '{early}' WHERE id = $1`, [first.id]);
    await early.query('COMMIT');
    const one = await changes(cursor);
    expect(devicesIn(one.upserts).map((each) => each.id)).toEqual([first.id]);
    await late.query('COMMIT');
    const two = await changes(one.cursor, { appliedAbove: one.appliedAbove });
    expect(devicesIn(two.upserts).map((each) => each.id)).toEqual([second.id]);
    expect(two.appliedAbove).toEqual([]);
  });

  it('are applied at once while a long one is open elsewhere; only the cursor waits', async () => {
    const { cursor } = await snapshot();
    const long = await openTransaction();
    await long.query('SELECT pg_current_xact_id()');
    const [first, second] = [await addPhone(home.ctx), await addPhone(home.ctx)];
    const one = await changes(cursor);
    expect(devicesIn(one.upserts).map((each) => each.id)).toEqual(
      expect.arrayContaining([first.id, second.id]),
    );
    expect(one.cursor).toBe(cursor);
    expect(one.appliedAbove.length).toBeGreaterThan(0);
    const again = await changes(one.cursor, { appliedAbove: one.appliedAbove });
    expect(again.upserts).toEqual([]);
    await long.query('COMMIT');
    const after = await changes(again.cursor, { appliedAbove: again.appliedAbove });
    expect(after).toMatchObject({ upserts: [], appliedAbove: [] });
    expect(after.cursor).not.toBe(cursor);
  });
});

describe('another database', () => {
  it('has another epoch', async () => {
    const copyName = `copy_${nextMac()}`;
    const admin = new pg.Client({ connectionString: new URL('/postgres', home.url).href });
    await admin.connect();
    const name = new URL(home.url).pathname.slice(1);
    const before = await readEpoch(home.db);
    const { cursor } = await snapshot();
    // A template must have no connection but ours.
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`,
      [name],
    );
    await admin.query(`CREATE DATABASE ${copyName} TEMPLATE ${name}`);
    const copy = openDatabase(new URL(`/${copyName}`, home.url).href, { connections: 2 });
    expect(await readEpoch(copy.db)).not.toBe(before);
    expect((await readChanges(copy.db, cursor)).kind).toBe('changes');
    await copy.close();
    await admin.query(`DROP DATABASE ${copyName} WITH (FORCE)`);
    await admin.end();
  });

  it('whose transactions are younger than its rows is followed all the same', async () => {
    await home.pool.query(`UPDATE feed SET xid = xid + 1000000000`);
    const { cursor } = await snapshot();
    expect(cursor).toMatch(/\.0$/);
    const device = await addPhone(home.ctx);
    const next = await changes(cursor);
    expect(devicesIn(next.upserts).map((each) => each.id)).toEqual([device.id]);
    expect(devicesIn((await changes(next.cursor)).upserts)).toEqual([]);
    await home.pool.query(`DELETE FROM feed WHERE xid > 1000000000`);
  });
});

describe('a cursor', () => {
  it('whose row was restored away asks for a snapshot', async () => {
    await addPhone(home.ctx);
    const { cursor } = await snapshot();
    await home.pool.query('TRUNCATE feed');
    expect(await readChanges(home.db, cursor)).toEqual({ kind: 'snapshot-needed', reason: 'cursor-gone' });
    const fresh = await snapshot();
    const device = await addPhone(home.ctx);
    expect(devicesIn((await changes(fresh.cursor)).upserts).map((each) => each.id)).toEqual([device.id]);
  });

  it('that was pruned asks for a snapshot, and the newest row stays', async () => {
    await addPhone(home.ctx);
    const { cursor } = await snapshot();
    await addPhone(home.ctx);
    expect(await pruneFeed(home.db, { olderThanHours: 1 })).toBe(0);
    expect(await pruneFeed(home.db, { olderThanHours: -1 })).toBeGreaterThan(0);
    expect(await readChanges(home.db, cursor)).toEqual({ kind: 'snapshot-needed', reason: 'cursor-gone' });
    const fresh = await snapshot();
    expect(fresh.cursor).not.toMatch(/\.0$/);
    expect(await pruneFeed(home.db, { olderThanHours: -1 })).toBe(0);
    expect((await changes(fresh.cursor)).upserts).toEqual([]);
  });

  it('of a database without rows is behind what was pruned since', async () => {
    await home.pool.query('TRUNCATE feed');
    const { cursor } = await snapshot();
    await addPhone(home.ctx);
    await addPhone(home.ctx);
    await pruneFeed(home.db, { olderThanHours: -1 });
    expect(await readChanges(home.db, cursor)).toEqual({ kind: 'snapshot-needed', reason: 'pruned' });
  });

  it.each(['', 'x', '1', '1.2.3', '99999999999999999.1'])('%j is not followed', async (cursor) => {
    expect((await readChanges(home.db, cursor)).kind).toBe('snapshot-needed');
  });
});

describe('listening', () => {
  it('wakes after connecting, at every write, and after its connection was cut', async () => {
    let wake: () => void = () => undefined;
    const woken = (): Promise<void> => new Promise((resolve) => (wake = resolve));
    let next = woken();
    const listener = listenToFeed(home.url, () => wake());
    await next;
    next = woken();
    await addPhone(home.ctx);
    await next;
    next = woken();
    await home.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'provost feed'`,
    );
    await next;
    await listener.close();
  });
});
