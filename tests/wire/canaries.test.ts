/** A hundred secrets in every place where one can be, the whole way to the phone, and then a search of all that is left behind. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createCompiler } from '../../lib/compiler/pool.ts';
import { SYSTEM } from '../../lib/domain/actor.ts';
import { type DeviceInput, parseDeviceInput } from '../../lib/domain/device-input.ts';
import { type Mac, parseMac } from '../../lib/domain/mac.ts';
import { type Database, openDatabase } from '../../lib/store/client.ts';
import type { StoreContext } from '../../lib/store/context.ts';
import { getDevice, putDeviceByMac, revealSecrets } from '../../lib/store/devices.ts';
import { deviceEvents } from '../../lib/store/events.ts';
import { setGlobalSettings, setModelSettings } from '../../lib/store/global-settings.ts';
import { updateSite } from '../../lib/store/sites.ts';
import { createTemplate } from '../../lib/store/templates.ts';
import { createVault } from '../../lib/system/vault.ts';
import { seed } from '../../prisma/seed.ts';
import { dumpTables } from '../store/dump.ts';
import { bootPhone } from '../support/phone.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { prepareDataDir, startWorker, type TestWorker, WORKER_KEY } from '../support/worker.ts';

const PHONES = 24;
const MODEL = 'flyingvoice/fip14g';
const soon = { timeout: 20_000, interval: 50 };
const canaries: string[] = [];
const devices: { readonly id: string; readonly mac: Mac }[] = [];

let dataDir: string;
let server: TestDatabase;
let database: Database;
let ctx: StoreContext;
let worker: TestWorker;

beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'provost-canaries-'));
  prepareDataDir(dataDir);
  server = await createTestDatabase();
  database = openDatabase(server.url, { connections: 4 });
  const vault = createVault(WORKER_KEY);
  ctx = {
    db: database.db,
    vault,
    compiler: createCompiler(),
    actor: SYSTEM,
    requestId: null,
    publicBase: null,
  };
  const seeded = await seed(ctx, {
    adminEmail: 'admin@localhost',
    adminPassword: canary(),
    bootstrapToken: canary(),
  });
  expect(seeded.ok).toBe(true);
  await hideEverywhere();
  worker = await startWorker({ dataDir, databaseUrl: server.url });
  await vi.waitFor(async () => expect((await worker.readiness()).mode).toBe('live'), soon);
}, 120_000);

afterAll(async () => {
  await worker?.stop();
  await ctx?.compiler.close();
  await database?.close();
  await server?.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

function canary(): string {
  const secret = `coalmine-${canaries.length}-${Math.random().toString(36).slice(2, 12)}`;
  canaries.push(secret);
  return secret;
}

async function hideEverywhere(): Promise<void> {
  await setGlobalSettings(ctx, {
    variables: { adminPassword: canary() },
    parameters: { flyingvoice: { 'x.password': canary() } },
  });
  await setModelSettings(ctx, MODEL, {
    variables: { userPassword: canary() },
    parameters: { flyingvoice: { 'y.secret': canary() } },
  });
  await updateSite(ctx, 'default', {
    input: {
      variables: { adminPassword: canary() },
      vendorParameters: { flyingvoice: { 'z.passwd': canary() } },
    },
  });
  const body = `account.3.password=${canary()}\n`;
  const template = await createTemplate(ctx, { name: '{mac}.cfg', kind: 'cfg', vendor: 'flyingvoice', body });
  expect(template.ok).toBe(false);
  for (let n = 0; n < PHONES; n += 1) await addPhone(n);
  expect(canaries.length).toBeGreaterThan(100);
}

async function addPhone(n: number): Promise<void> {
  const mac = parseMac(`0021f2cafe${n.toString(16).padStart(2, '0')}`);
  const input = parseDeviceInput({
    model: MODEL,
    site: 'default',
    lines: [
      { index: 1, userName: `a${n}`, password: canary(), sipServer: 'pbx.example.net' },
      { index: 2, userName: `b${n}`, password: canary(), sipServer: 'pbx.example.net' },
    ],
    variables: { adminPassword: canary() },
    parameters: { 'auto_provision.server.password': canary() },
  } satisfies DeviceInput);
  if (!mac.ok || !input.ok) throw new Error('the example is no device');
  const outcome = await putDeviceByMac(ctx, mac.value, input.value);
  if (!outcome.ok) throw new Error(outcome.reason);
  expect(outcome.publication.state).toBe('published');
  devices.push({ id: outcome.device.id, mac: mac.value });
}

/** Also as somebody finds it who knows where to look: in base 64, at any of the three offsets. */
function spellingsOf(secret: string): string[] {
  const inBase64 = ['', '.', '..'].map((pad) =>
    Buffer.from(pad + secret)
      .toString('base64')
      .slice(4, -4),
  );
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex'), ...inBase64];
}

function foundIn(text: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => spellingsOf(secret).some((spelling) => text.includes(spelling)));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name !== 'secret.key')
    .map((entry) => path.join(entry.parentPath, entry.name));
}

it('reach the phone, and stay in no log, event, metric, reply, database, replica or spool', async () => {
  const tokens: string[] = [];
  for (const { id, mac } of devices.slice(0, 3)) {
    const report = await bootPhone('--mac', mac, '--port', String(worker.ports.sip));
    expect(report.outcome).toBe('configured');
    expect(foundIn(JSON.stringify(report), canaries).length).toBeGreaterThan(4);
    const revealed = await revealSecrets(ctx, id, { reason: 'the search needs to know what to look for' });
    if (!revealed.ok) throw new Error(revealed.reason);
    if (revealed.secrets.token !== null) tokens.push(revealed.secrets.token);
  }
  const files = `http://127.0.0.1:${worker.ports.http}`;
  expect(tokens).toHaveLength(3);
  await fetch(`${files}/d/${tokens[0]}/nothing-here.cfg`);
  await fetch(`${files}/d/${tokens[0]}x/0021f2cafe00.cfg`);
  const [first] = devices;
  if (!first) throw new Error('there are phones');
  await vi.waitFor(async () => {
    const page = await deviceEvents(ctx, first.id, { limit: 50 });
    expect(page?.data.some((event) => event.kind === 'refused')).toBe(true);
  }, soon);

  const replies = await Promise.all(devices.map(({ id }) => getDevice(ctx, id)));
  const events = await Promise.all(devices.map(({ id }) => deviceEvents(ctx, id, { limit: 50 })));
  const pages = await Promise.all(
    ['/metrics', '/readyz', '/healthz'].map((page) => fetch(files + page).then((reply) => reply.text())),
  );
  await worker.stop();
  const places: Record<string, string> = {
    log: worker.lines.join('\n'),
    replies: JSON.stringify(replies),
    events: JSON.stringify(events),
    pages: pages.join('\n'),
    database: await dumpTables(database.pool),
  };
  for (const file of filesBelow(dataDir)) places[path.relative(dataDir, file)] = readFileSync(file, 'latin1');
  expect(Object.keys(places)).toEqual(expect.arrayContaining(['replica.db']));
  const found = Object.entries(places).map(([place, text]) => [
    place,
    foundIn(text, [...canaries, ...tokens]),
  ]);
  expect(found.filter(([, secrets]) => (secrets?.length ?? 0) > 0)).toEqual([]);
});
