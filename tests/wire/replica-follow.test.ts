import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from '../../lib/store/client.ts';
import { listenToFeed } from '../../lib/store/feed-listener.ts';
import { Follower } from '../../sip-worker/replica/follower.ts';
import { createLiveView, type LiveView } from '../../sip-worker/replica/live-view.ts';
import { Replica } from '../../sip-worker/replica/store.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { TEST_VAULT, testMac, testToken } from '../support/served-entities.ts';
import { startTcpRelay, type TcpRelay } from '../support/tcp-relay.ts';

let server: TestDatabase;
let admin: pg.Client;
let siteId: string;

beforeAll(async () => {
  server = await createTestDatabase();
  admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  await admin.query('INSERT INTO installation (id, key_check) VALUES (1, $1)', [TEST_VAULT.checkValue()]);
  const { rows } = await admin.query(
    `INSERT INTO sites (id, root_id, path, slug, name, networks, bootstrap_code)
     SELECT id, id, ARRAY[id], 'default', 'Default', '{}', 'code' FROM gen_random_uuid() AS id RETURNING id`,
  );
  siteId = rows[0].id;
  await addDevice(1);
});
afterAll(async () => {
  await admin.end();
  await server.drop();
});

async function addDevice(number: number, client = admin): Promise<string> {
  const token = testToken(number);
  const { rows } = await client.query(
    `INSERT INTO devices (root_id, site_id, mac, vendor, tags, sealed_token, token_lookup)
     VALUES ($1, $1, $2, 'flyingvoice', '{}', $3, $4) RETURNING id`,
    [siteId, testMac(number), TEST_VAULT.seal(token, 'x'), TEST_VAULT.lookup('device-token', token)],
  );
  return rows[0].id;
}

interface Following {
  readonly replica: Replica;
  readonly view: LiveView;
  readonly follower: Follower;
  readonly messages: string[];
  stop(): Promise<void>;
}

interface FollowOptions {
  readonly url?: string;
  readonly keyCheck?: string;
  readonly pollMs?: number;
  readonly sites?: readonly string[] | null;
}

function follow(
  dataDir: string,
  { url = server.url, keyCheck = TEST_VAULT.checkValue(), pollMs = 1000, sites = null }: FollowOptions = {},
): Following {
  const messages: string[] = [];
  const say = (fields: object, message: string) =>
    void messages.push('reason' in fields ? `${message}: ${fields.reason}` : message);
  const replica = new Replica({ dataDir, vault: TEST_VAULT, log: { warn: say } });
  const database: Database = openDatabase(url, { connections: 2 });
  const follower = new Follower({
    db: database.db,
    replica,
    keyCheck,
    onOtherKey: () => void messages.push('other key'),
    sites,
    listen: (onWake) => listenToFeed(url, onWake),
    log: { info: say, warn: say },
    pollMs,
  });
  const view = createLiveView({ replica, vault: TEST_VAULT, follows: () => follower.status() });
  const stop = async (): Promise<void> => {
    await follower.close();
    await database.close();
    replica.close();
  };
  return { replica, view, follower, messages, stop };
}

let dataDir: string;
let following: Following;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'provost-follow-'));
});
afterEach(async () => {
  await following.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const soon = { timeout: 10_000, interval: 5 };
const sees = (number: number) =>
  vi.waitFor(() => expect(following.view.findDeviceByMac(testMac(number))).not.toBeNull(), soon);
const isLive = () => vi.waitFor(() => expect(following.view.status().mode).toBe('live'), soon);

describe('a worker that follows', () => {
  it('takes a snapshot, then every change', async () => {
    following = follow(dataDir);
    await isLive();
    expect(following.view.findDeviceByMac(testMac(1))?.siteId).toBe(siteId);
    expect(following.messages).toEqual(['took a snapshot: there is none yet', 'following the database']);
    const id = await addDevice(2);
    await sees(2);
    await admin.query('DELETE FROM devices WHERE id = $1', [id]);
    await vi.waitFor(() => expect(following.view.findDeviceByMac(testMac(2))).toBeNull(), soon);
  });

  it('is woken by a change, and does not wait for its next look', async () => {
    following = follow(dataDir, { pollMs: 3_600_000 });
    await isLive();
    await addDevice(3);
    await sees(3);
  });

  it('goes on after a restart where it was, without another snapshot', async () => {
    following = follow(dataDir);
    await isLive();
    await following.stop();
    await addDevice(4);
    following = follow(dataDir);
    expect(following.view.findDeviceByMac(testMac(1))).not.toBeNull();
    await sees(4);
    expect(following.messages).toEqual(['following the database']);
  });

  it('applies what is committed while an older transaction stays open, and what that one wrote later', async () => {
    following = follow(dataDir);
    await isLive();
    const slow = new pg.Client({ connectionString: server.url });
    await slow.connect();
    await slow.query('BEGIN');
    await addDevice(5, slow);
    await addDevice(6);
    await sees(6);
    expect(following.view.findDeviceByMac(testMac(5))).toBeNull();
    await slow.query('COMMIT');
    await slow.end();
    await sees(5);
  });

  it('takes a snapshot when the database is another one', async () => {
    following = follow(dataDir, { pollMs: 50 });
    await isLive();
    await admin.query('UPDATE installation SET feed_epoch = gen_random_uuid()');
    await vi.waitFor(
      () =>
        expect(following.messages).toContain('took a snapshot: the database is another one or was restored'),
      soon,
    );
    expect(following.view.findDeviceByMac(testMac(1))).not.toBeNull();
  });

  it('mends damage by a snapshot', async () => {
    following = follow(dataDir, { pollMs: 50 });
    await isLive();
    following.replica.reportDamage('a row is missing');
    expect(following.view.status().mode).toBe('degraded');
    await isLive();
    expect(following.messages).toContain('took a snapshot: a row is missing');
  });

  it('never follows a database that was sealed with another key', async () => {
    following = follow(dataDir, { keyCheck: 'other' });
    await vi.waitFor(() => expect(following.messages).toContain('other key'), soon);
    expect(following.view.status()).toMatchObject({
      mode: 'empty',
      reason: expect.stringContaining('another secret key'),
    });
  });
});

describe('a worker of some sites', () => {
  it('holds their devices alone, and takes a snapshot when it is given others', async () => {
    await admin.query(
      `INSERT INTO sites (id, root_id, path, slug, name, networks, bootstrap_code)
       SELECT id, id, ARRAY[id], 'other', 'Other', '{}', 'code2' FROM gen_random_uuid() AS id`,
    );
    following = follow(dataDir, { sites: ['other'] });
    await isLive();
    expect(following.view.listSites()).toHaveLength(2);
    expect(following.view.status().devices).toBe(0);
    await following.stop();
    following = follow(dataDir, { sites: ['default'] });
    await sees(1);
    const id = await addDevice(8);
    await sees(8);
    await admin.query(
      `UPDATE devices SET site_id = (SELECT id FROM sites WHERE slug = 'other'), served_version = 9
      WHERE id = $1`,
      [id],
    );
    await vi.waitFor(() => expect(following.view.findDeviceByMac(testMac(8))).toBeNull(), soon);
  });
});

describe('without the database', () => {
  let relay: TcpRelay;
  beforeEach(async () => {
    const { hostname, port } = new URL(server.url);
    relay = await startTcpRelay({ host: hostname, port: Number(port) });
  });
  afterEach(() => relay.close());

  function relayed(): string {
    const url = new URL(server.url);
    url.hostname = '127.0.0.1';
    url.port = String(relay.port);
    return url.href;
  }

  it('the replica serves on, says so, and catches up', async () => {
    following = follow(dataDir, { url: relayed(), pollMs: 50 });
    await isLive();
    relay.cut();
    await vi.waitFor(() => expect(following.view.status().mode).toBe('degraded'), soon);
    expect(following.view.status().reason).toBe('the database is unreachable');
    expect(following.view.findDeviceByMac(testMac(1))).not.toBeNull();
    await addDevice(7);
    relay.restore();
    await sees(7);
    await isLive();
  });

  it('a start waits for it, and takes the first snapshot when it comes', async () => {
    relay.cut();
    following = follow(dataDir, { url: relayed() });
    await vi.waitFor(() => expect(following.view.status().reason).toBe('the database is unreachable'), soon);
    expect(following.view.status().mode).toBe('empty');
    relay.restore();
    await isLive();
  });
});
