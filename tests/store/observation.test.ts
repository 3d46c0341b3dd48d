import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PhoneEvent } from '#lib/domain/event.ts';
import type { Mac } from '#lib/domain/mac.ts';
import { addPhone as addByRule, discoverPhone } from '#lib/store/device-discovery.ts';
import {
  approveDevice,
  getDevice,
  getDeviceByMac,
  listDevices,
  putDeviceByMac,
  retireDevice,
} from '#lib/store/devices.ts';
import { ensureEventPartitions } from '#lib/store/event-partitions.ts';
import { deviceEvents, listEvents, recordEvents } from '#lib/store/events.ts';
import { readSnapshot } from '#lib/store/feed.ts';
import { readInstallation } from '#lib/store/installation.ts';
import { createSite, getSite } from '#lib/store/sites.ts';
import { heartbeat, listWorkers, servedRevisions, type WorkerBeat } from '#lib/store/workers.ts';
import {
  addPhone,
  body,
  createInstallation,
  done,
  nextMac,
  PHONE,
  type TestInstallation,
} from './installation.ts';

let home: TestInstallation;
beforeAll(async () => {
  home = await createInstallation();
});
afterAll(() => home.close());

function facts(mac: Mac, changes: object = {}) {
  return {
    ...{
      mac,
      vendor: 'flyingvoice',
      model: PHONE.model,
      modelText: 'FIP14G',
      recognisedBy: 'event',
      firmware: '0.7.11',
    },
    ...{
      userAgent: 'Flyingvoice FIP14G 0.7.11',
      address: '10.20.0.31',
      siteId: null,
      rule: 'Unknown phones are listed',
    },
    ...{ worker: 'w1', vault: home.vault, ...changes },
  };
}

function event(device: { id: string; mac: string }, changes: Partial<PhoneEvent> = {}): PhoneEvent {
  return {
    ...{
      id: crypto.randomUUID(),
      at: new Date().toISOString(),
      kind: 'download',
      deviceId: device.id,
      mac: device.mac,
    },
    ...{
      siteId: null,
      rootId: null,
      worker: 'w1',
      address: '10.20.0.31',
      summary: 'GET',
      data: {},
      ...changes,
    },
  };
}

describe('a phone that nobody entered', () => {
  it('may be repeated by a PUT as it is shown, even without a model', async () => {
    const mac = nextMac();
    await discoverPhone(home.db, facts(mac, { model: null, modelText: 'FIP99' }));
    const shown = await getDeviceByMac(home.ctx, mac);
    const again = done(await putDeviceByMac(home.ctx, mac, body(JSON.parse(JSON.stringify(shown)))));
    expect(again.device).toEqual(shown);
    expect(await putDeviceByMac(home.ctx, mac, body({ model: null }))).toMatchObject({
      pointers: [{ pointer: '/model' }],
    });
  });

  it('is listed once, with how it was recognised, and has no files', async () => {
    const mac = nextMac();
    const first = await discoverPhone(home.db, facts(mac));
    const again = await discoverPhone(home.db, facts(mac, { address: '10.20.0.32' }));
    expect([first.created, again]).toEqual([true, { id: first.id, created: false }]);
    const { data } = await listDevices(home.ctx, { state: 'discovered' });
    expect(data.find((each) => each.id === first.id)).toMatchObject({
      ...{
        mac,
        vendor: 'flyingvoice',
        model: PHONE.model,
        state: 'discovered',
        site: 'default',
        revision: 0,
      },
      ...{ lastSeenAddress: '10.20.0.32', firmware: '0.7.11', behind: false },
      recognised: { recognisedBy: 'event', model: 'FIP14G', rule: 'Unknown phones are listed' },
    });
    expect((await listDevices(home.ctx)).data.some((each) => each.id === first.id)).toBe(false);
    expect(await home.db.deviceFile.count({ where: { deviceId: first.id } })).toBe(0);
  });

  it('goes into service with an approval', async () => {
    const { id } = await discoverPhone(home.db, facts(nextMac(), { model: null }));
    expect(await approveDevice(home.ctx, id, { model: null, site: null })).toMatchObject({
      pointers: [{ pointer: '/model' }],
    });
    const approved = done(
      await approveDevice(home.ctx, id, { model: PHONE.model, site: 'default', label: 'Hall' }),
    );
    expect(approved.device).toMatchObject({ state: 'active', label: 'Hall', revision: 1, behind: false });
    expect(approved.publication.state).toBe('published');
    expect(await approveDevice(home.ctx, id, { model: null, site: null })).toMatchObject({
      reason: 'wrong-state',
    });
  });

  it('goes into service when somebody enters it', async () => {
    const mac = nextMac();
    const { id } = await discoverPhone(home.db, facts(mac));
    const outcome = done(await putDeviceByMac(home.ctx, mac, body({ label: 'Entered' })));
    expect(outcome).toMatchObject({
      created: false,
      device: { id, state: 'active', model: PHONE.model, label: 'Entered' },
    });
  });

  it('stays listed by a body that repeats the reply', async () => {
    const mac = nextMac();
    await discoverPhone(home.db, facts(mac));
    const device = await getDeviceByMac(home.ctx, mac);
    expect(
      done(await putDeviceByMac(home.ctx, mac, body(JSON.parse(JSON.stringify(device))))).device,
    ).toEqual(device);
  });

  it('belongs to whoever enters it first', async () => {
    const mac = nextMac();
    await discoverPhone(home.db, facts(mac));
    const site = done(await createSite(home.ctx, { name: 'Claims' })).site;
    const reseller = home.as({
      kind: 'token',
      id: 't',
      name: 'R',
      grants: [{ scopes: ['write'], siteId: site.id }],
    });
    expect(done(await putDeviceByMac(reseller, mac, body({ model: PHONE.model }))).device.site).toBe(
      'claims',
    );
  });

  it('is added by a rule, published at once, and added once', async () => {
    const mac = nextMac();
    const { id: siteId } = await home.db.site.findUniqueOrThrow({ where: { slug: 'default' } });
    const rule = { ...facts(mac), siteId, rule: 'Add at HQ' };
    const both = await Promise.all([addByRule(home.ctx, rule), addByRule(home.ctx, rule)]);
    expect(both.map((each) => each.created).sort()).toEqual([false, true]);
    const device = await getDevice(home.ctx, both[0]?.id ?? '');
    expect(device).toMatchObject({ mac, state: 'active', revision: 1, publication: { state: 'published' } });
    const timeline = await deviceEvents(home.ctx, device?.id ?? '');
    expect(timeline?.data[0]).toMatchObject({
      kind: 'published',
      summary: expect.stringContaining('Add at HQ'),
    });
  });

  it('without a model is added, and waits for one', async () => {
    const mac = nextMac();
    const { id: siteId } = await home.db.site.findUniqueOrThrow({ where: { slug: 'default' } });
    const rule = { ...facts(mac), siteId, model: null };
    const { id } = await addByRule(home.ctx, rule);
    expect(await getDevice(home.ctx, id)).toMatchObject({
      publication: { state: 'failing', errors: [{ code: 'unknown-model' }] },
    });
  });

  it('cannot fill the database: those that were not seen for longest go', async () => {
    const site = done(await createSite(home.ctx, { name: 'Flood' })).site;
    await home.pool.query(
      `INSERT INTO devices (site_id, root_id, mac, state, sealed_token, token_lookup, last_seen_at)
       SELECT $1, $1, '02' || lpad(to_hex(n), 10, '0'), 'discovered', '', 'flood' || n, now() - n * interval '1 minute'
       FROM generate_series(1, 10000) n`,
      [site.id],
    );
    const { id } = await discoverPhone(home.db, facts(nextMac(), { siteId: site.id }));
    expect(await home.db.device.count({ where: { siteId: site.id } })).toBe(10_000);
    expect(await home.db.device.count({ where: { id } })).toBe(1);
    expect(await home.db.device.count({ where: { tokenLookup: 'flood10000' } })).toBe(0);
  });
});

describe('events', () => {
  it('that are sent twice are stored once', async () => {
    const device = await addPhone(home.ctx);
    const batch = [event(device), event(device, { kind: 'subscribe' })];
    expect(await recordEvents(home.db, batch)).toEqual({ stored: 2 });
    expect(await recordEvents(home.db, [...batch, event(device)])).toEqual({ stored: 1 });
    const kinds = (await deviceEvents(home.ctx, device.id))?.data.map((each) => each.kind);
    expect(kinds?.sort()).toEqual(['download', 'download', 'published', 'subscribe']);
  });

  it('tell where a phone was last seen, its firmware and what it fetched', async () => {
    const device = await addPhone(home.ctx);
    const at = (second: number) => new Date(Date.UTC(2030, 0, 1, 0, 0, second)).toISOString();
    const fetched = { status: 200, role: 'main', revision: 1, token: 'current', firmware: '0.7.12' } as const;
    await recordEvents(home.db, [
      event(device, { at: at(1), kind: 'subscribe', address: '10.0.0.1', data: { firmware: '0.7.11' } }),
      event(device, { at: at(3), address: '10.0.0.3', data: fetched }),
      event(device, { at: at(2), address: '10.0.0.2', data: { status: 200, role: 'common', revision: 9 } }),
    ]);
    const seen = {
      lastSeenAt: at(3),
      lastSeenAddress: '10.0.0.3',
      firmware: '0.7.12',
      fetchedRevision: 1,
      fetchedAt: at(3),
    };
    expect(await getDevice(home.ctx, device.id)).toMatchObject({ ...seen, version: device.version });
    await recordEvents(home.db, [event(device, { at: at(0), address: '10.0.0.9', kind: 'subscribe' })]);
    expect(await getDevice(home.ctx, device.id)).toMatchObject(seen);
  });

  it('of Provost itself are no sign of life', async () => {
    const device = await addPhone(home.ctx);
    await recordEvents(home.db, [event(device, { kind: 'notify-silent' })]);
    expect((await getDevice(home.ctx, device.id))?.lastSeenAt).toBeNull();
  });

  it('of unknown phones and odd clocks are kept', async () => {
    const at = '1970-01-01T00:00:00.000Z';
    const stray = event({ id: '', mac: nextMac() }, { deviceId: null, at, kind: 'refused' });
    expect(await recordEvents(home.db, [stray])).toEqual({ stored: 1 });
    expect((await listEvents(home.ctx, { kind: 'refused' })).data).toMatchObject([
      { id: stray.id, at, deviceId: null },
    ]);
  });

  it('are paged newest first without a gap', async () => {
    const device = await addPhone(home.ctx);
    const same = new Date().toISOString();
    await recordEvents(
      home.db,
      Array.from({ length: 7 }, () => event(device, { at: same })),
    );
    const ids: string[] = [];
    for (let cursor: string | null | undefined; ; ) {
      const page = await deviceEvents(home.ctx, device.id, { limit: 3, cursor });
      ids.push(...(page?.data.map((each) => each.id) ?? []));
      cursor = page?.nextCursor;
      if (!cursor) break;
    }
    expect(new Set(ids).size).toBe(8);
    expect(ids).toHaveLength(8);
  });

  it('have a partition for each day to come, and old days go', async () => {
    const names = async () =>
      (
        await home.pool.query<{ name: string }>(
          `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'events'::regclass`,
        )
      ).rows;
    await ensureEventPartitions(home.db, { daysAhead: 20, keepDays: 30 });
    const made = (await names()).length;
    expect(made).toBeGreaterThanOrEqual(22);
    await ensureEventPartitions(home.db, { daysAhead: 20, keepDays: 30 });
    expect((await names()).length).toBe(made);
    const dropped = await ensureEventPartitions(home.db, { daysAhead: 0, keepDays: -5 });
    expect(dropped).toBeGreaterThan(0);
    await ensureEventPartitions(home.db, { daysAhead: 20, keepDays: 30 });
  });

  it('that came before their partition move into it', async () => {
    const device = await addPhone(home.ctx);
    const at = new Date(Date.now() + 40 * 86_400_000).toISOString();
    await recordEvents(home.db, [event(device, { at })]);
    const inDefault = async () =>
      (await home.pool.query('SELECT FROM events_default WHERE at = $1', [at])).rowCount;
    expect(await inDefault()).toBe(1);
    await ensureEventPartitions(home.db, { daysAhead: 41, keepDays: 30 });
    expect(await inDefault()).toBe(0);
    expect((await deviceEvents(home.ctx, device.id))?.data[0]?.at).toBe(at);
  });
});

describe('workers', () => {
  const face = {
    name: 'eth0',
    address: '10.20.0.5',
    network: '10.20.0.0/24',
    base: 'http://10.20.0.5:8080',
    joined: true,
  };
  function beat(changes: Partial<WorkerBeat> = {}): WorkerBeat {
    return {
      ...{
        id: 'w1',
        host: 'h',
        mode: 'live',
        startedAt: new Date().toISOString(),
        cursor: null,
        appliedAbove: [],
      },
      ...{
        interfaces: [{ ...face, lastSubscribeAt: null }],
        ports: { http: 8080 },
        publicBase: null,
        ...changes,
      },
    };
  }

  it('say where phones reach them, which is a change only when it is one', async () => {
    await heartbeat(home.ctx, beat());
    expect(await getSite(home.ctx, 'default')).toMatchObject({
      reportedBase: face.base,
      effectiveBase: face.base,
    });
    const before = (await readInstallation(home.db))?.catalogRevision;
    await heartbeat(home.ctx, beat());
    expect((await readInstallation(home.db))?.catalogRevision).toBe(before);
    expect(await listWorkers(home.ctx)).toMatchObject([{ id: 'w1', mode: 'live', interfaces: [face] }]);
  });

  it('do not take turns in changing it', async () => {
    const other = { ...face, address: '10.20.0.6', base: 'http://10.20.0.6:8080', lastSubscribeAt: null };
    await heartbeat(home.ctx, beat({ id: 'w2', interfaces: [other] }));
    expect((await getSite(home.ctx, 'default'))?.reportedBase).toBe(face.base);
    await home.pool.query(`UPDATE workers SET heard_at = now() - interval '1 hour' WHERE id = 'w1'`);
    await heartbeat(home.ctx, beat({ id: 'w2', interfaces: [other] }));
    expect((await getSite(home.ctx, 'default'))?.reportedBase).toBe(other.base);
  });

  it('write the base of the environment for everybody', async () => {
    const device = await addPhone(home.ctx);
    await heartbeat(home.ctx, beat({ publicBase: 'https://phones.example.net' }));
    expect(await getSite(home.ctx, 'default')).toMatchObject({ effectiveBase: 'https://phones.example.net' });
    expect((await getDevice(home.ctx, device.id))?.behind).toBe(false);
    await heartbeat(home.ctx, beat({ id: 'w2', publicBase: null }));
    expect((await readInstallation(home.db))?.publicBase).toBe('https://phones.example.net');
  });

  it('show which revision of a phone each of them serves', async () => {
    const told = { publicBase: 'https://phones.example.net' };
    const device = await addPhone(home.ctx);
    const { cursor, appliedAbove } = await readSnapshot(home.db, () => undefined);
    await heartbeat(home.ctx, beat({ ...told, cursor, appliedAbove }));
    await heartbeat(home.ctx, beat({ ...told, id: 'w2', cursor: null }));
    expect(await servedRevisions(home.db, device.id)).toMatchObject([{ worker: 'w1', revision: 1 }]);
    done(await putDeviceByMac(home.ctx, device.mac as Mac, body({ lines: [{ index: 1, label: 'New' }] })));
    expect(await servedRevisions(home.db, device.id)).toMatchObject([{ worker: 'w1', revision: 1 }]);
    const next = await readSnapshot(home.db, () => undefined);
    await heartbeat(home.ctx, beat({ ...told, ...next }));
    expect(await servedRevisions(home.db, device.id)).toMatchObject([{ worker: 'w1', revision: 2 }]);
  });
});

it('a retired phone is unknown: its MAC can be discovered again', async () => {
  const device = await addPhone(home.ctx);
  done(await retireDevice(home.ctx, device.id));
  const { id, created } = await discoverPhone(home.db, facts(device.mac as Mac));
  expect([created, id === device.id]).toEqual([true, false]);
});
