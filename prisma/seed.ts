/**
 * What every installation starts with: the vendor library, a first site, the two rules, the first administrator. Run
 * at every start; what is there already is left alone.
 */
import process from 'node:process';
import { createCompiler } from '#lib/compiler/pool.ts';
import { SCOPES } from '#lib/domain/actor.ts';
import type { Vendor } from '#lib/domain/vendor.ts';
import { VENDORS } from '#lib/domain/vendors/registry.ts';
import { type Db, openDatabase } from '#lib/store/client.ts';
import type { PublishContext } from '#lib/store/context.ts';
import { ensureEventPartitions } from '#lib/store/event-partitions.ts';
import { readInstallation } from '#lib/store/installation.ts';
import { type LibraryReport, updateLibrary } from '#lib/store/library.ts';
import { hashToken } from '#lib/store/tokens.ts';
import { EXIT_BAD_CONFIGURATION, readEnvironment } from '#lib/system/env.ts';
import { hashPassword } from '#lib/system/passwords.ts';
import { newToken, openVault } from '#lib/system/secrets.ts';

export interface SeedOptions {
  readonly adminEmail: string;
  /** Null: one is made when there is no user yet. */
  readonly adminPassword: string | null;
  readonly bootstrapToken: string | null;
  /** The library; the one of this software unless given. */
  readonly vendors?: readonly Vendor[];
}

export type SeedOutcome =
  | {
      readonly ok: true;
      readonly library: LibraryReport;
      /** A password that was made just now: the only time that it can be shown. */
      readonly madePassword: string | null;
    }
  /** The database was sealed with another secret key. */
  | { readonly ok: false; readonly reason: 'other-key' };

const DAYS_AHEAD = 14;
const KEEP_DAYS = 90;

/** Seeding twice changes nothing, and never touches what people made. */
export async function seed(publish: PublishContext, options: SeedOptions): Promise<SeedOutcome> {
  const { db, vault } = publish;
  const keyCheck = vault.checkValue();
  await db.$executeRaw`
    INSERT INTO installation (id, key_check) VALUES (1, ${keyCheck}) ON CONFLICT (id) DO NOTHING`;
  if ((await readInstallation(db))?.keyCheck !== keyCheck) return { ok: false, reason: 'other-key' };
  await ensureEventPartitions(db, { daysAhead: DAYS_AHEAD, keepDays: KEEP_DAYS });
  const library = await updateLibrary(publish, options.vendors ?? VENDORS);
  await seedSite(db);
  await seedRules(db);
  const madePassword = await seedAdministrator(db, options);
  await seedToken(db, options.bootstrapToken);
  return { ok: true, library, madePassword };
}

/** Only where no site was ever made: a default site that was deleted stays deleted. */
async function seedSite(db: Db): Promise<void> {
  if ((await db.site.count()) > 0) return;
  const id = crypto.randomUUID();
  const own = { rootId: id, path: [id], bootstrapCode: newToken(5) };
  await db.site.create({ data: { id, slug: 'default', name: 'Default', kind: 'customer', ...own } });
  // .invalid never resolves (RFC 2606), so that no phone registers anywhere before somebody says where.
  const host = 'pbx.invalid';
  const registrar = await db.registrar.create({ data: { siteId: id, rootId: id, name: 'Default', host } });
  await db.site.update({ where: { id }, data: { defaultRegistrarId: registrar.id } });
}

const SEED_RULES = [
  { name: 'Known phones', order: 1000, match: { known: true }, url: '{{start}}', unknown: 'ignore' },
  { name: 'Unknown phones are listed', order: 1010, match: { known: false }, url: null, unknown: 'discover' },
] as const;

async function seedRules(db: Db): Promise<void> {
  if ((await db.profileRule.count()) > 0) return;
  await db.profileRule.createMany({ data: SEED_RULES.map((rule) => ({ ...rule, shipped: true })) });
}

async function seedAdministrator(db: Db, { adminEmail, adminPassword }: SeedOptions): Promise<string | null> {
  if ((await db.user.count()) > 0) return null;
  const password = adminPassword ?? newToken(10);
  const passwordHash = await hashPassword(password);
  const email = adminEmail.trim().toLowerCase();
  await db.user.create({
    data: { email, name: 'Administrator', passwordHash, grants: { create: [{ role: 'admin' }] } },
  });
  return adminPassword === null ? password : null;
}

/** Kept when the variable disappears; one that was revoked stays revoked. */
async function seedToken(db: Db, token: string | null): Promise<void> {
  if (token === null) return;
  const hash = hashToken(token);
  await db.apiToken.upsert({
    where: { hash },
    create: { name: 'Bootstrap token', hash, scopes: [...SCOPES] },
    update: {},
  });
}

async function main(): Promise<number> {
  const environment = readEnvironment(process.env);
  if (!environment.ok) return stop(environment.problems);
  const { databaseUrl, adminEmail, adminPassword, bootstrapToken } = environment.value;
  if (databaseUrl === null) return stop(['DATABASE_URL: is needed to seed']);
  const vault = openVault(environment.value);
  if (!vault.ok) return stop([`PROVOST_SECRET_KEY: the secret key is ${vault.reason} in ${vault.at}`]);
  const database = openDatabase(databaseUrl, { connections: 4 });
  const compiler = createCompiler();
  try {
    const publish = { db: database.db, vault: vault.value, compiler };
    const outcome = await seed(publish, { adminEmail, adminPassword, bootstrapToken });
    if (!outcome.ok) return stop(['PROVOST_SECRET_KEY: the database was sealed with another secret key']);
    if (outcome.madePassword !== null)
      console.log(`${adminEmail} signs in with the password ${outcome.madePassword}`);
    return 0;
  } finally {
    await compiler.close();
    await database.close();
  }
}

function stop(problems: readonly string[]): number {
  for (const problem of problems) console.error(problem);
  return EXIT_BAD_CONFIGURATION;
}

if (import.meta.main) process.exitCode = await main();
