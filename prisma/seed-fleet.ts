/**
 * `npm run seed -- --devices 10000`: fills an installation with made-up sites and phones, to see how it behaves with
 * many. The workers publish them, as they do whatever is behind. A second run adds nothing.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { createCompiler } from '#lib/compiler/pool.ts';
import { flyingvoice } from '#lib/domain/vendors/flyingvoice.ts';
import { changeCatalog } from '#lib/store/catalog-changes.ts';
import { type Db, inTransaction, openDatabase } from '#lib/store/client.ts';
import { asSystem, type PublishContext } from '#lib/store/context.ts';
import { passwordPlace } from '#lib/store/device-rows.ts';
import { newDeviceSecrets } from '#lib/store/device-write.ts';
import { tryConnection } from '#lib/store/first-start.ts';
import { readInstallation } from '#lib/store/installation.ts';
import { isFreshDatabase } from '#lib/store/migrate.ts';
import { embeddedPostgresUrl } from '#lib/system/embedded-postgres.ts';
import { EXIT_BAD_CONFIGURATION, readEnvironment } from '#lib/system/env.ts';
import { newToken, openVault, type Vault } from '#lib/system/secrets.ts';
import {
  type FleetPhone,
  type FleetSite,
  fleetPhone,
  fleetSites,
  LARGEST_FLEET,
  PHONES_PER_LOCATION,
  sitesDownTo,
} from './fleet.ts';

const HELP = `Usage: npm run seed -- --devices <number>

Adds made-up sites and phones to the installation of DATABASE_URL or PROVOST_DATA_DIR, up to this number; those that
are there already stay as they are. The database has to be running, and workers publish the files.

  --devices <number>   how many phones there shall be, 1 to ${LARGEST_FLEET}
  --help               this text`;

const EXIT_FAILED = 1;
const EXIT_USAGE = 64;

export interface FleetReport {
  readonly sites: number;
  readonly devices: number;
}

export interface FleetOptions {
  readonly devices: number;
  /** Told after each location. */
  readonly onProgress?: (done: number) => void;
}

/** Adds what is missing, a location of 100 phones in each transaction: nobody waits longer than a moment for it. */
export async function seedFleet(publish: PublishContext, options: FleetOptions): Promise<FleetReport> {
  const { devices: wanted, onProgress } = options;
  const sites = await addSites(publish, fleetSites(wanted));
  let devices = 0;
  for (let first = 0; first < wanted; first += PHONES_PER_LOCATION) {
    const count = Math.min(PHONES_PER_LOCATION, wanted - first);
    const phones = Array.from({ length: count }, (_, at) => fleetPhone(first + at, flyingvoice.models));
    devices += await inTransaction(publish.db, (tx) => addPhones(tx, publish.vault, phones, first));
    onProgress?.(first + count);
  }
  return { sites, devices };
}

/** Sites belong to the catalog; no phone can be at these yet, so that the change affects none. */
async function addSites(publish: PublishContext, sites: readonly FleetSite[]): Promise<number> {
  const changed = await changeCatalog(asSystem(publish), async (tx) => {
    const added = await writeSites(tx, sites);
    const summary = `Added ${added} made-up sites`;
    const audit = { action: 'create', noun: 'site', nounId: 'made-up', summary } as const;
    return { ok: true, value: added, scope: added === 0 ? null : 'nothing', audit };
  });
  return changed.ok ? changed.value : 0;
}

async function writeSites(tx: Db, sites: readonly FleetSite[]): Promise<number> {
  const rows = await tx.site.createManyAndReturn({
    data: sites.map(({ id, kind, slug, name, path, networks }) => ({
      ...{ id, kind, slug, name, path: [...path], networks: [...networks] },
      rootId: path[0] ?? id,
      parentId: path.at(-2) ?? null,
      bootstrapCode: newToken(5),
    })),
    skipDuplicates: true,
    select: { id: true },
  });
  const isNew = new Set(rows.map((row) => row.id));
  const added = sites.filter((site) => isNew.has(site.id));
  await tx.registrar.createMany({
    data: added.flatMap(({ id, path, name, registrar }) =>
      registrar === null
        ? []
        : [{ id: registrar.id, siteId: id, rootId: path[0] ?? id, name, host: registrar.host }],
    ),
  });
  await tx.$executeRaw`UPDATE sites s SET default_registrar_id = r.id FROM registrars r
    WHERE r.site_id = s.id AND s.id = ANY (${[...isNew]}::uuid[])`;
  await tx.setting.createMany({
    data: added.flatMap(({ id, path, variables }) =>
      Object.entries(variables).map(([key, value]) => ({
        ...{ layer: 'site', siteId: id, rootId: path[0] ?? id, kind: 'variable', key, value },
        setBy: 'Provost',
      })),
    ),
  });
  return added.length;
}

/** Phones of one location. Returns how many were new; a MAC that is in use by another phone is left to that. */
async function addPhones(
  tx: Db,
  vault: Vault,
  phones: readonly FleetPhone[],
  first: number,
): Promise<number> {
  const [root, customer, place] = sitesDownTo(Math.floor(first / PHONES_PER_LOCATION));
  const there = await tx.device.findMany({
    where: { id: { in: phones.map((phone) => phone.id) } },
    select: { id: true },
  });
  const known = new Set(there.map((row) => row.id));
  const missing = phones.filter((phone) => !known.has(phone.id));
  if (missing.length === 0) return 0;
  const rows = await tx.device.createManyAndReturn({
    data: missing.map(({ id, mac, model, label, person, location, tags }) => ({
      ...{ id, mac, label, person, location, tags: [...tags], modelSlug: model.slug, vendor: model.vendor },
      ...{ rootId: root.id, siteId: place.id, ...newDeviceSecrets(vault, id) },
    })),
    skipDuplicates: true,
    select: { id: true },
  });
  const isNew = new Set(rows.map((row) => row.id));
  const added = missing.filter((phone) => isNew.has(phone.id));
  const owner = { rootId: root.id };
  await tx.account.createMany({
    data: added.flatMap(({ person, lines }) =>
      lines.map(({ accountId: id, userName, authName }) => ({
        ...{ id, ...owner, siteId: customer.id, userName, authName, displayName: person },
        sealedPassword: Uint8Array.from(vault.seal(newToken(), passwordPlace(id))),
      })),
    ),
  });
  await tx.line.createMany({
    data: added.flatMap(({ id, lines }) =>
      lines.map(({ index, accountId, userName }) => ({
        ...{ deviceId: id, index, ...owner, accountId, label: userName },
      })),
    ),
  });
  await tx.lineKey.createMany({
    data: added.flatMap(({ id, keys }) => keys.map((key) => ({ deviceId: id, ...owner, ...key }))),
  });
  return added.length;
}

async function main(args: readonly string[]): Promise<number> {
  const devices = readDevices(args);
  if (typeof devices === 'string') {
    console.error(devices);
    return EXIT_USAGE;
  }
  if (devices === null) {
    console.log(HELP);
    return 0;
  }
  const environment = readEnvironment(process.env);
  if (!environment.ok) return fail(EXIT_BAD_CONFIGURATION, environment.problems.join('\n'));
  const { databaseUrl, dataDir } = environment.value;
  const vault = openVault(environment.value);
  const url = databaseUrl ?? embeddedPostgresUrl(dataDir);
  if (url === null || !vault.ok)
    return fail(EXIT_FAILED, `There is no installation in ${dataDir} yet: run "npm start" once.`);
  const problem = await tryConnection(url);
  if (problem !== null)
    return fail(EXIT_FAILED, `The database does not answer (${problem}): start it, or Provost itself.`);
  if (await isFreshDatabase(url)) return fail(EXIT_FAILED, 'The database is empty: run "npm start" once.');
  const database = openDatabase(url, { connections: 2 });
  const compiler = createCompiler();
  try {
    return await fill({ db: database.db, vault: vault.value, compiler }, devices);
  } finally {
    await compiler.close();
    await database.close();
  }
}

/** A number; null: the help is wanted; a text: what is wrong. */
function readDevices(args: readonly string[]): number | string | null {
  const options = { devices: { type: 'string' }, help: { type: 'boolean' } } as const;
  let given: { readonly devices?: string | undefined; readonly help?: boolean | undefined };
  try {
    given = parseArgs({ args: [...args], options }).values;
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n${HELP}`;
  }
  if (given.help || given.devices === undefined) return null;
  const devices = /^\d{1,8}$/.test(given.devices) ? Number(given.devices) : 0;
  if (devices >= 1 && devices <= LARGEST_FLEET) return devices;
  return `--devices: ${given.devices} is not a number from 1 to ${LARGEST_FLEET}`;
}

async function fill(publish: PublishContext, devices: number): Promise<number> {
  const { db, vault } = publish;
  if ((await readInstallation(db))?.keyCheck !== vault.checkValue())
    return fail(EXIT_BAD_CONFIGURATION, 'The database was sealed with another secret key than this one.');
  const slugs = flyingvoice.models.map((model) => model.slug);
  if ((await db.phoneModel.count({ where: { slug: { in: slugs } } })) < slugs.length)
    return fail(EXIT_FAILED, 'The vendor library is not in the database yet: run "npm start" once.');
  const startedAt = performance.now();
  const report = await seedFleet(publish, { devices, onProgress: sayProgress(devices) });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`Added ${report.devices} phones and ${report.sites} sites in ${seconds} s.`);
  if (report.devices > 0)
    console.log('Workers publish their files now; the console shows how many are left.');
  return 0;
}

/** One line that moves in a terminal; one for each thousand elsewhere. */
function sayProgress(wanted: number): (done: number) => void {
  return (done) => {
    if (process.stdout.isTTY)
      process.stdout.write(`\r${done} of ${wanted} phones${done === wanted ? '\n' : ''}`);
    else if (done % 1000 === 0) console.log(`${done} of ${wanted} phones`);
  };
}

function fail(code: number, message: string): number {
  console.error(message);
  return code;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
