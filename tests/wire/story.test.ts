/** From a phone that nobody entered to one that boots without Postgres: a whole installation, seen from both sides. */
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCompiler } from '../../lib/compiler/pool.ts';
import { SYSTEM } from '../../lib/domain/actor.ts';
import type { PhoneEvent } from '../../lib/domain/event.ts';
import { type Mac, parseMac } from '../../lib/domain/mac.ts';
import { type Database, openDatabase } from '../../lib/store/client.ts';
import type { StoreContext } from '../../lib/store/context.ts';
import {
  approveDevice,
  getDeviceByMac,
  listDevices,
  patchDevice,
  putDeviceByMac,
  retireDevice,
  revealSecrets,
  rotateToken,
  suspendDevice,
} from '../../lib/store/devices.ts';
import { deviceEvents } from '../../lib/store/events.ts';
import { listSightings } from '../../lib/store/sightings.ts';
import { createTemplate, publishTemplate } from '../../lib/store/templates.ts';
import { readEnvironment } from '../../lib/system/env.ts';
import { createVault } from '../../lib/system/vault.ts';
import { prepareDatabase } from '../../scripts/database.ts';
import { askedFor, bootPhone, type PhoneReport } from '../support/phone.ts';
import { findSubscribeCase } from '../support/pnp-vectors.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { projectRoot } from '../support/processes.ts';
import { startTcpRelay, type TcpRelay } from '../support/tcp-relay.ts';
import { prepareDataDir, startWorker, type TestWorker, WORKER_KEY } from '../support/worker.ts';

const MAC = macOf('0021f222b01d');
const NEWCOMER = macOf('0021f222b0ff');
const soon = { timeout: 20_000, interval: 50 };
const vault = createVault(WORKER_KEY);

let dataDir: string;
let server: TestDatabase;
let relay: TcpRelay;
let database: Database;
let ctx: StoreContext;
let worker: TestWorker;

beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'provost-story-'));
  prepareDataDir(dataDir);
  server = await createTestDatabase();
  await seed();
  const url = new URL(server.url);
  relay = await startTcpRelay({ host: url.hostname, port: Number(url.port) });
  database = openDatabase(server.url, { connections: 4 });
  const compiler = createCompiler();
  ctx = { db: database.db, vault, compiler, actor: SYSTEM, requestId: null, publicBase: null };
  worker = await startWorker({ dataDir, databaseUrl: relayedUrl() });
  await vi.waitFor(async () => expect((await worker.readiness()).mode).toBe('live'), soon);
}, 120_000);

afterAll(async () => {
  await worker?.stop();
  await ctx?.compiler.close();
  await database?.close();
  await relay?.close();
  await server?.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function seed(): Promise<void> {
  const env = {
    DATABASE_URL: server.url,
    PROVOST_DATA_DIR: dataDir,
    PROVOST_ADMIN_PASSWORD: 'correct horse battery',
  };
  const environment = readEnvironment(env);
  if (!environment.ok) throw new Error(environment.problems.join());
  const prepared = await prepareDatabase({
    root: projectRoot,
    url: server.url,
    environment: environment.value,
    env: { ...process.env, ...env },
    vault,
    signal: new AbortController().signal,
  });
  if (!prepared.ok) throw new Error(prepared.at);
}

function relayedUrl(): string {
  const url = new URL(server.url);
  url.hostname = '127.0.0.1';
  url.port = String(relay.port);
  return url.href;
}

function macOf(text: string): Mac {
  const mac = parseMac(text);
  if (!mac.ok) throw new Error(text);
  return mac.value;
}

function boot(mac: Mac, ...more: readonly string[]): Promise<PhoneReport> {
  return bootPhone('--mac', mac, '--port', String(worker.ports.sip), ...more);
}

function settingOf(report: PhoneReport, key: string): string | undefined {
  return report.settings.find((setting) => setting.key === key)?.value;
}

async function deviceOf(mac: Mac) {
  const device = await getDeviceByMac(ctx, mac);
  if (device === null) throw new Error(`no device ${mac}`);
  return device;
}

/** The newest events of a phone, oldest first, once they hold what is looked for. */
async function timelineWith(
  mac: Mac,
  isThere: (events: readonly PhoneEvent[]) => boolean,
): Promise<PhoneEvent[]> {
  const { id } = await deviceOf(mac);
  return vi.waitFor(async () => {
    const events = ((await deviceEvents(ctx, id, { limit: 200 }))?.data ?? []).toReversed();
    expect(isThere(events)).toBe(true);
    return events;
  }, soon);
}

/** The account file as it is served now, by the phone's own URL. */
async function servedText(mac: Mac): Promise<string> {
  const { id } = await deviceOf(mac);
  const revealed = await revealSecrets(ctx, id, { reason: 'test' });
  if (!revealed.ok) throw new Error(revealed.reason);
  const response = await fetch(`http://127.0.0.1:${worker.ports.http}/d/${revealed.secrets.token}/`);
  return response.text();
}

describe('a phone that was entered', () => {
  it('is configured when it boots', async () => {
    const put = await putDeviceByMac(ctx, MAC, {
      model: 'flyingvoice/fip14g',
      site: 'default',
      label: 'Reception',
      lines: [
        {
          index: 1,
          label: '1001',
          displayName: 'Anna B.',
          userName: '1001',
          password: 's3cret-of-1001',
          sipServer: 'pbx.example.net',
          sipPort: 5060,
          transport: 'udp',
        },
      ],
      keys: [{ index: 2, type: 'blf', line: 1, value: '1002', label: 'Bob', pickupValue: '*8' }],
    });
    expect(put).toMatchObject({ ok: true, created: true, publication: { state: 'published', errors: [] } });
    await vi.waitFor(async () => expect((await worker.readiness()).mode).toBe('live'), soon);
    const report = await vi.waitFor(async () => {
      const booted = await boot(MAC);
      expect(booted.outcome).toBe('configured');
      return booted;
    }, soon);
    expect(report.problems).toEqual([]);
    expect(report.accounts).toEqual([{ index: 1, user: '1001', server: 'pbx.example.net:5060' }]);
    expect(settingOf(report, 'account.1.password')).toBe('s3cret-of-1001');
    expect(settingOf(report, 'linekey.2.value')).toBe('1002');
    expect(askedFor(report).at(0)).toBe('0021f222b01d.boot 200');
    expect(askedFor(report).at(-1)).toBe('0021f222b01d.cfg 200');
  });

  it('has a timeline that tells the same story, with the rule that decided and no secret', async () => {
    const events = await timelineWith(MAC, (all) => all.some(({ data }) => data.role === 'main'));
    const story = events.slice(events.findIndex(({ kind }) => kind === 'subscribe'));
    expect(story.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['subscribe', 'pnp-answer', 'notify-answered', 'download']),
    );
    const asked = story.find(({ kind }) => kind === 'subscribe');
    expect(asked?.summary).toMatch(/^SUBSCRIBE from 127\.0\.0\.1:\d+, FIP14G 0\.7\.11$/);
    expect(asked?.data.rule).toEqual(expect.any(String));
    const fetched = story.find(({ data }) => data.role === 'main');
    expect(fetched?.summary).toMatch(/^GET 0021f222b01d\.cfg 200, revision \d+, [\d.]+ kB$/);
    const token = await revealSecrets(ctx, (await deviceOf(MAC)).id, { reason: 'test' });
    expect(JSON.stringify(events)).not.toContain('s3cret-of-1001');
    expect(JSON.stringify(events)).not.toContain(token.ok ? token.secrets.token : 'revealed');
  });

  it('has current config once it has fetched', async () => {
    await vi.waitFor(async () => {
      const { revision, fetchedRevision, firmware } = await deviceOf(MAC);
      expect(fetchedRevision).toBe(revision);
      expect(firmware).toBe('0.7.11');
    }, soon);
  });

  it('is served an edited line by the next download', async () => {
    const { id } = await deviceOf(MAC);
    const patched = await patchDevice(ctx, id, {
      input: { lines: [{ index: 1, displayName: 'Anna Braun' }] },
    });
    expect(patched.ok).toBe(true);
    await vi.waitFor(
      async () => expect(await servedText(MAC)).toContain('account.1.display_name=Anna Braun'),
      soon,
    );
  });

  it('is out of date after a template was published, until it fetched', async () => {
    await boot(MAC);
    await vi.waitFor(async () => {
      const { revision, fetchedRevision } = await deviceOf(MAC);
      expect(fetchedRevision).toBe(revision);
    }, soon);
    const created = await createTemplate(ctx, {
      name: '{mac}.cfg',
      kind: 'cfg',
      vendor: 'flyingvoice',
      site: 'default',
      body: 'features.story=told\n',
    });
    if (!created.ok) throw new Error(JSON.stringify(created));
    const published = await publishTemplate(ctx, created.template.id, {});
    expect(published).toMatchObject({ ok: true, effect: { state: 'published' } });
    const before = await deviceOf(MAC);
    expect(before.revision).toBeGreaterThan(before.fetchedRevision ?? 0);
    await vi.waitFor(async () => expect(await servedText(MAC)).toContain('features.story=told'), soon);
    const report = await boot(MAC);
    expect(settingOf(report, 'features.story')).toBe('told');
    await vi.waitFor(async () => expect((await deviceOf(MAC)).fetchedRevision).toBe(before.revision), soon);
  });
});

describe('a phone that nobody entered', () => {
  it('gets no answer and is listed as discovered', async () => {
    const report = await boot(NEWCOMER, '--timeout', '2');
    expect(report).toMatchObject({ exitCode: 2, requests: [] });
    const listed = await vi.waitFor(async () => {
      const { data } = await listDevices(ctx, { state: 'discovered' });
      expect(data).toHaveLength(1);
      return data[0];
    }, soon);
    expect(listed).toMatchObject({
      mac: NEWCOMER,
      vendor: 'flyingvoice',
      model: 'flyingvoice/fip14g',
      site: 'default',
    });
    const events = await timelineWith(NEWCOMER, (all) => all.some(({ kind }) => kind === 'discovered'));
    expect(events.at(-1)?.summary).toContain('listed by rule');
  });

  it('is configured by its next SUBSCRIBE after it was approved', async () => {
    const { id } = await deviceOf(NEWCOMER);
    const approved = await approveDevice(ctx, id, { model: null, site: null });
    expect(approved.ok).toBe(true);
    const lines = [{ index: 1, userName: '1003', password: 's3cret-of-1003', sipServer: 'pbx.example.net' }];
    expect((await patchDevice(ctx, id, { input: { lines } })).ok).toBe(true);
    await vi.waitFor(
      async () => expect((await boot(NEWCOMER, '--timeout', '2')).outcome).toBe('configured'),
      soon,
    );
  });
});

describe('a phone that does not say its MAC', () => {
  it('gets no answer and is listed by its address', async () => {
    const phone = createSocket('udp4');
    const heard: string[] = [];
    phone.on('message', (bytes) => heard.push(bytes.toString()));
    await new Promise<void>((resolve) => phone.bind(0, '127.0.0.1', resolve));
    phone.setMulticastInterface('127.0.0.1');
    phone.send(findSubscribeCase('audiocodes-seed').raw, worker.ports.sip, '224.0.1.75');
    await vi.waitFor(async () => {
      const { data } = await listSightings(ctx);
      expect(data).toMatchObject([{ address: '127.0.0.1', vendor: 'audiocodes', model: '420HD' }]);
    }, soon);
    phone.close();
    expect(heard).toEqual([]);
  });
});

describe('without Postgres', () => {
  it('the phone boots all the same, from a worker that was killed and started alone', async () => {
    relay.cut();
    worker.kill('SIGKILL');
    await worker.ended;
    worker = await startWorker({ dataDir, databaseUrl: relayedUrl() });
    const report = await boot(MAC);
    expect(report.outcome).toBe('configured');
    expect(settingOf(report, 'account.1.display_name')).toBe('Anna Braun');
    expect(await worker.readiness()).toMatchObject({ status: 200, mode: 'degraded' });
  });

  it('nothing of what phones did is lost', async () => {
    const count = async () =>
      (await deviceEvents(ctx, (await deviceOf(MAC)).id, { limit: 200 }))?.data.length ?? 0;
    const before = await count();
    relay.restore();
    await vi.waitFor(async () => expect(await count()).toBeGreaterThanOrEqual(before + 5), soon);
    await vi.waitFor(async () => expect((await worker.readiness()).mode).toBe('live'), soon);
  });
});

describe('taking a phone out of service', () => {
  it('a rotated token serves the old one until the phone used the new one', async () => {
    const { id } = await deviceOf(MAC);
    const before = await revealSecrets(ctx, id, { reason: 'test' });
    const oldToken = before.ok ? before.secrets.token : '';
    const old = () =>
      fetch(`http://127.0.0.1:${worker.ports.http}/d/${oldToken}/`).then(({ status }) => status);
    expect((await rotateToken(ctx, id, { revoke: false })).ok).toBe(true);
    expect(await old()).toBe(200);
    await vi.waitFor(async () => {
      expect((await boot(MAC)).url).not.toContain(oldToken);
      expect(await old()).toBe(404);
    }, soon);
  });

  it('a suspended phone gets files without accounts', async () => {
    expect((await suspendDevice(ctx, (await deviceOf(MAC)).id)).ok).toBe(true);
    const report = await vi.waitFor(async () => {
      const booted = await boot(MAC);
      expect(booted.outcome).toBe('no accounts');
      return booted;
    }, soon);
    expect(report.exitCode).toBe(3);
    expect(settingOf(report, 'account.1.password') ?? '').toBe('');
  });

  it('a retired phone fetches its last files once, and is then unknown', async () => {
    expect((await retireDevice(ctx, (await deviceOf(MAC)).id)).ok).toBe(true);
    await vi.waitFor(async () => expect((await boot(MAC, '--timeout', '1')).exitCode).toBe(2), soon);
  });
});
