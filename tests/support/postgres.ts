/**
 * A database of its own for each test file: cloned from a template that was migrated once, dropped at the end. The
 * cluster is the one that the test command started; a file that is run alone starts one for itself.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { migrate, readMigrations } from '#lib/store/migrate.ts';
import { startEmbeddedPostgres } from '#lib/system/embedded-postgres.ts';
import { takeLock } from '#lib/system/lock-file.ts';
import { createLog } from '#lib/system/log.ts';
import { readConnection } from '#lib/system/postgres-connection.ts';
import { newToken } from '#lib/system/secrets.ts';
import { projectRoot } from './processes.ts';

const TEMPLATE_LOCK = 4_711;
const CLUSTER_PREFIX = 'provost-test-cluster-';
const ABANDONED_MS = 60_000;
const log = createLog('test', { level: 'silent' });
const migrations = path.join(projectRoot, 'prisma', 'migrations');

export interface TestCluster {
  /** Of the database `postgres`, as a superuser. */
  readonly adminUrl: string;
  stop(): Promise<void>;
}

export interface TestDatabase {
  readonly url: string;
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>;
}

/** A throw-away cluster without fsync in a temporary folder. */
export async function startTestCluster(): Promise<TestCluster> {
  await endAbandonedClusters();
  const dataDir = mkdtempSync(path.join(tmpdir(), CLUSTER_PREFIX));
  const server = await startEmbeddedPostgres({ dataDir, log, fsync: false });
  return {
    adminUrl: server.adminUrl,
    async stop() {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A test run that was killed leaves its cluster running, with nobody to hold its lock. */
async function endAbandonedClusters(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(CLUSTER_PREFIX))) {
    const dataDir = path.join(tmpdir(), name);
    if (!isAbandoned(dataDir)) continue;
    const server = await startEmbeddedPostgres({ dataDir, log, fsync: false });
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** A young one may not have its lock yet. */
function isAbandoned(dataDir: string): boolean {
  const isOld = Date.now() - statSync(dataDir).ctimeMs > ABANDONED_MS;
  const isOurs = statSync(dataDir).uid === process.getuid?.();
  if (!isOld || !isOurs || readConnection(dataDir) === null) return false;
  const lock = takeLock(path.join(dataDir, 'postgres.lock'));
  if (lock.ok) lock.value.release();
  return lock.ok;
}

/** A migrated database with nothing in it. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase((admin) => ensureTemplate(admin));
}

/** A database without a single table. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase(async () => 'template0');
}

async function createDatabase(templateFor: (adminUrl: string) => Promise<string>): Promise<TestDatabase> {
  const given = process.env.PROVOST_TEST_DATABASE;
  const own = given ? null : await startTestCluster();
  const adminUrl = given ?? own?.adminUrl ?? '';
  const template = await templateFor(adminUrl);
  const name = `test_${newToken(8)}`;
  await run(adminUrl, [`CREATE DATABASE ${name} TEMPLATE ${template}`]);
  return {
    url: urlOf(adminUrl, name),
    async drop() {
      await run(adminUrl, [`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`]);
      await own?.stop();
    },
  };
}

/** The template's name says which migrations it holds, so a changed migration makes a new one. */
async function ensureTemplate(adminUrl: string): Promise<string> {
  const known = existsSync(migrations) ? readMigrations(migrations) : [];
  const sums = known.map((migration) => migration.checksum).join();
  const name = `template_${createHash('sha256').update(sums).digest('hex').slice(0, 16)}`;
  await withClient(adminUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount !== 0) return;
    // Renamed when complete: a test run that was stopped in between leaves no half template under the name.
    const draft = `draft_${newToken(8)}`;
    await client.query(`CREATE DATABASE ${draft} TEMPLATE template0`);
    if (known.length > 0) {
      const migrated = await migrate(urlOf(adminUrl, draft), migrations);
      if (!migrated.ok)
        throw new Error(`The test template does not migrate: ${migrated.reason} ${migrated.at}`);
    }
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
  });
  return name;
}

function urlOf(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function run(url: string, statements: readonly string[]): Promise<void> {
  await withClient(url, async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
