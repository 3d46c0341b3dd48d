import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCompiler } from '../../lib/compiler/pool.ts';
import type { PhoneEvent } from '../../lib/domain/event.ts';
import { type Database, openDatabase } from '../../lib/store/client.ts';
import { Discoveries } from '../../sip-worker/events/discoveries.ts';
import { Shipper } from '../../sip-worker/events/shipper.ts';
import { Spool } from '../../sip-worker/events/spool.ts';
import type { UnknownPhone } from '../../sip-worker/pnp/rule-policy.ts';
import { readSubscription } from '../../sip-worker/pnp/subscription.ts';
import { parseMessage } from '../../sip-worker/sip/message.ts';
import { findSubscribeCase } from '../support/pnp-vectors.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { TEST_RULE, TEST_VAULT, testMac } from '../support/served-entities.ts';
import { startTcpRelay, type TcpRelay } from '../support/tcp-relay.ts';

const soon = { timeout: 10_000, interval: 10 };
let server: TestDatabase;
let admin: pg.Client;
let relay: TcpRelay;
let database: Database;
let folder: string;
let spool: Spool;
let warnings: string[];
const log = { warn: (_: object, message: string) => void warnings.push(message) };

beforeAll(async () => {
  server = await createTestDatabase();
  admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  await admin.query('INSERT INTO installation (id, key_check) VALUES (1, $1)', [TEST_VAULT.checkValue()]);
  await admin.query(
    `INSERT INTO sites (id, root_id, path, slug, name, networks, bootstrap_code)
     SELECT id, id, ARRAY[id], 'default', 'Default', '{}', 'code' FROM gen_random_uuid() AS id`,
  );
});
afterAll(async () => {
  await admin.end();
  await server.drop();
});
beforeEach(async () => {
  const url = new URL(server.url);
  relay = await startTcpRelay({ host: url.hostname, port: Number(url.port) });
  url.hostname = '127.0.0.1';
  url.port = String(relay.port);
  database = openDatabase(url.href, { connections: 2 });
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'provost-events-')), 'events');
  spool = new Spool({ folder });
  warnings = [];
});
afterEach(async () => {
  await database.close();
  await relay.close();
  spool.close();
  rmSync(path.dirname(folder), { recursive: true, force: true });
});

function event(change: Partial<PhoneEvent> = {}): PhoneEvent {
  return {
    id: randomUUID(),
    at: new Date().toISOString(),
    kind: 'subscribe',
    deviceId: null,
    mac: testMac(1),
    siteId: null,
    rootId: null,
    worker: 'w1',
    address: '10.0.0.9',
    summary: 'SUBSCRIBE',
    data: {},
    ...change,
  };
}

async function countStored(events: readonly PhoneEvent[]): Promise<number> {
  const { rowCount } = await admin.query('SELECT 1 FROM events WHERE id = ANY ($1)', [
    events.map(({ id }) => id),
  ]);
  return rowCount ?? 0;
}

const isStored = (events: readonly PhoneEvent[], times = events.length) =>
  vi.waitFor(async () => expect(await countStored(events)).toBe(times), soon);

describe('events', () => {
  it('that were spooled before the start and after it reach Postgres once', async () => {
    const events = Array.from({ length: 1200 }, () => event());
    for (const each of events.slice(0, 1100)) spool.add(each);
    for (const each of events.slice(0, 10)) spool.add(each);
    const shipper = new Shipper({ db: database.db, spool, log });
    for (const each of events.slice(1100)) spool.add(each);
    shipper.wake();
    await isStored(events);
    await shipper.close(1000);
    expect(spool.bytes).toBe(0);
  });

  it('wait while Postgres is away, and go when it is back', async () => {
    const shipper = new Shipper({ db: database.db, spool, log });
    relay.cut();
    const events = [event(), event()];
    for (const each of events) spool.add(each);
    shipper.wake();
    await vi.waitFor(() => expect(warnings).toContain('events wait in the spool'), soon);
    expect(spool.bytes).toBeGreaterThan(0);
    relay.restore();
    await isStored(events);
    await shipper.close(1000);
  });

  it('that Postgres refuses are let go, so that they hold back no other', async () => {
    const shipper = new Shipper({ db: database.db, spool, log });
    const good = [event(), event()];
    for (const each of [good[0], event({ deviceId: 'no uuid' }), good[1]]) spool.add(each as PhoneEvent);
    shipper.wake();
    await isStored(good);
    await shipper.close(1000);
    expect(shipper.refused).toBe(1);
    expect(spool.bytes).toBe(0);
  });

  it('are sent at the end, as far as Postgres takes them', async () => {
    const shipper = new Shipper({ db: database.db, spool, log });
    const last = event();
    spool.add(last);
    await shipper.close(5000);
    expect(await countStored([last])).toBe(1);
  });
});

describe('phones that nobody entered', () => {
  function phone(number: number): UnknownPhone {
    const vector = findSubscribeCase('flyingvoice-seed');
    const message = parseMessage(Buffer.from(vector.raw.replaceAll('0021f222b01d', testMac(number))));
    const request = message.ok ? readSubscription(message.value, vector.source) : message;
    if (!request.ok) throw new Error(request.reason);
    return {
      action: 'discover',
      mac: testMac(number),
      rule: TEST_RULE,
      siteId: null,
      model: null,
      request: request.value,
    };
  }

  const findDevice = async (number: number) =>
    (await admin.query('SELECT id, state, vendor, recognised FROM devices WHERE mac = $1', [testMac(number)]))
      .rows[0];

  async function withDiscoveries(work: (discoveries: Discoveries) => Promise<void>): Promise<void> {
    const compiler = createCompiler();
    const publish = { db: database.db, vault: TEST_VAULT, compiler };
    const discoveries = new Discoveries({ publish, worker: 'w1', add: (each) => spool.add(each), log });
    await work(discoveries);
    await discoveries.close();
    await compiler.close();
  }

  it('are listed at once, with an event that names them', async () => {
    await withDiscoveries(async (discoveries) => {
      for (let repeat = 0; repeat < 5; repeat += 1) discoveries.add(phone(20));
      await vi.waitFor(async () => expect(await findDevice(20)).toBeTruthy(), soon);
    });
    const device = await findDevice(20);
    expect(device).toMatchObject({
      state: 'discovered',
      vendor: 'flyingvoice',
      recognised: { model: 'FIP13G' },
    });
    const told = spool.read(10)?.events ?? [];
    expect(told.map(({ kind, deviceId }) => [kind, deviceId])).toEqual([['discovered', device.id]]);
    expect(told[0]?.summary).toBe(
      'New phone flyingvoice FIP13G 0.6.24 at 192.168.50.163, listed by rule Known phones',
    );
  });

  it('that Postgres refuses are let go, so that they hold back no other', async () => {
    await withDiscoveries(async (discoveries) => {
      discoveries.add({ ...phone(22), siteId: 'no uuid' });
      await vi.waitFor(
        () => expect(warnings).toContain('a new phone was refused by the database and let go'),
        soon,
      );
      discoveries.add(phone(23));
      await vi.waitFor(async () => expect(await findDevice(23)).toBeTruthy(), soon);
    });
    expect(await findDevice(22)).toBeUndefined();
  });

  it('are listed whatever they call themselves', async () => {
    const known = phone(24);
    const half = '\ud83d\ude00'.repeat(200).slice(1);
    await withDiscoveries(async (discoveries) => {
      discoveries.add({
        ...known,
        request: {
          ...known.request,
          userAgent: half,
          identity: { ...known.request.identity, model: half, firmware: half },
        },
      });
      await vi.waitFor(async () => expect(await findDevice(24)).toBeTruthy(), soon);
    });
  });

  it('wait for Postgres', async () => {
    await withDiscoveries(async (discoveries) => {
      relay.cut();
      discoveries.add(phone(21));
      await vi.waitFor(() => expect(warnings).toContain('a new phone waits for the database'), soon);
      relay.restore();
      await vi.waitFor(async () => expect(await findDevice(21)).toBeTruthy(), soon);
    });
  });
});
