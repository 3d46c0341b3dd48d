/** A seeded installation of its own for a test file, with everything that the store works with. */
import { randomBytes } from 'node:crypto';
import { createCompiler } from '#lib/compiler/pool.ts';
import type { Actor } from '#lib/domain/actor.ts';
import { type DeviceInput, parseDeviceInput } from '#lib/domain/device-input.ts';
import type { Mac } from '#lib/domain/mac.ts';
import { type Database, openDatabase } from '#lib/store/client.ts';
import type { StoreContext } from '#lib/store/context.ts';
import { putDeviceByMac } from '#lib/store/devices.ts';
import type { Outcome } from '#lib/store/outcome.ts';
import { createVault, type Vault } from '#lib/system/secrets.ts';
import { seed } from '#prisma/seed.ts';
import { createTestDatabase } from '../support/postgres.ts';

export interface TestInstallation {
  readonly url: string;
  readonly db: Database['db'];
  readonly pool: Database['pool'];
  readonly vault: Vault;
  /** As an administrator of everything. */
  readonly ctx: StoreContext;
  as(actor: Actor): StoreContext;
  close(): Promise<void>;
}

export const SEED = { adminEmail: 'admin@localhost', adminPassword: 'correct horse', bootstrapToken: null };

export async function createInstallation(): Promise<TestInstallation> {
  const testDatabase = await createTestDatabase();
  const database = openDatabase(testDatabase.url, { connections: 8 });
  const vault = createVault(randomBytes(32));
  const compiler = createCompiler({ timeoutMs: 10_000 });
  const { db, pool } = database;
  const seeded = await seed({ db, vault, compiler }, SEED);
  if (!seeded.ok) throw new Error('the test database belongs to another key');
  const as = (actor: Actor): StoreContext => ({
    db,
    vault,
    compiler,
    actor,
    requestId: 'test',
    publicBase: null,
  });
  const anna = {
    kind: 'user',
    id: crypto.randomUUID(),
    name: 'Anna',
    grants: [{ scopes: ['admin'], siteId: null }],
  } as const;
  return {
    ...{ url: testDatabase.url, db, pool, vault, as, ctx: as(anna) },
    close: async () => {
      await compiler.close();
      await database.close();
      await testDatabase.drop();
    },
  };
}

/** The example of the contract. */
export const PHONE = {
  model: 'flyingvoice/fip14g',
  site: 'default',
  state: 'active',
  label: 'Reception',
  lines: [
    {
      index: 1,
      enabled: true,
      label: '1001',
      displayName: 'Anna B.',
      userName: '1001',
      authName: '1001',
      password: 's3cret',
      sipServer: 'pbx.example.net',
      sipPort: 5060,
      transport: 'udp',
    },
  ],
  keys: [{ index: 2, type: 'blf', line: 1, value: '1002', label: 'Bob', pickupValue: '*8' }],
  variables: { timezone: 'Europe/Berlin' },
  parameters: { 'features.pound_key.mode': '1' },
  tags: ['lobby'],
  externalId: 'sub-4711',
};

/** A body as it comes over the API. */
export function body(value: unknown): DeviceInput {
  const reading = parseDeviceInput(value);
  if (!reading.ok)
    throw new Error(reading.problems.map((each) => `${each.pointer} ${each.detail}`).join('; '));
  return reading.value;
}

let lastMac = 0x0021f2000000;

export function nextMac(): Mac {
  lastMac += 1;
  return lastMac.toString(16).padStart(12, '0') as Mac;
}

/** What an outcome holds; throws with its reason when it is a refusal. */
export function done<T>(outcome: Outcome<T>): { readonly ok: true } & T {
  if (!outcome.ok)
    throw new Error(
      `${outcome.reason} ${outcome.pointers.map((each) => `${each.pointer}: ${each.detail}`).join('; ')}`,
    );
  return outcome;
}

/** A phone with one line and its own external id, published. */
export async function addPhone(ctx: StoreContext, changes: object = {}) {
  const mac = nextMac();
  const value = { ...PHONE, externalId: null, tags: [], ...changes };
  return done(await putDeviceByMac(ctx, mac, body(value))).device;
}
