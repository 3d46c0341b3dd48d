import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type EmbeddedPostgres,
  embeddedPostgresUrl,
  planEmbeddedPostgres,
  startEmbeddedPostgres,
} from '#lib/system/embedded-postgres.ts';
import { createLog } from '#lib/system/log.ts';
import type { IdentityKind } from '#lib/system/postgres-identity.ts';
import { startNode } from '../support/processes.ts';

const log = createLog('test', { level: 'silent' });
let folder: string;
let dataDir: string;
const started: EmbeddedPostgres[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'provost-postgres-'));
  // Real nobody has to get through it, where that is tried.
  chmodSync(folder, 0o711);
  dataDir = path.join(folder, 'data');
});
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(identity?: IdentityKind): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log, ...(identity ? { identity } : {}) });
  started.push(server);
  return server;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test('data and address are kept over a stop and a start', async () => {
  const first = await start();
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS value');
  await first.stop();
  const second = await start();
  expect(second.url).toBe(first.url);
  expect(await query(second.url, 'SELECT value FROM kept')).toEqual([{ value: 42 }]);
});

test('the address is known before the server runs', async () => {
  const plan = await planEmbeddedPostgres(dataDir);
  const server = await start();
  expect(server.url).toBe(plan.url);
  expect(embeddedPostgresUrl(dataDir)).toBe(plan.url);
});

test('only the owner can read the password, and only the right one opens the database', async () => {
  const server = await start();
  expect(statSync(path.join(dataDir, 'postgres.json')).mode & 0o777).toBe(0o600);
  const wrong = new URL(server.url);
  wrong.password = 'wrong';
  await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
});

test('a second start beside a running one says which process runs it', async () => {
  await start();
  await expect(start()).rejects.toThrow(`is already run by process ${process.pid}`);
});

test('a port that somebody else took is replaced by another one', async () => {
  const plan = await planEmbeddedPostgres(dataDir);
  const squatter = createServer().listen(Number(new URL(plan.url).port), '127.0.0.1');
  await once(squatter, 'listening');
  const server = await start();
  expect(new URL(server.url).port).not.toBe(new URL(plan.url).port);
  expect(embeddedPostgresUrl(dataDir)).toBe(server.url);
  squatter.close();
});

test('a lost connection file gets a new password, and the data stays', async () => {
  const first = await start();
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS value');
  await first.stop();
  rmSync(path.join(dataDir, 'postgres.json'));
  const second = await start();
  expect(await query(second.url, 'SELECT value FROM kept')).toEqual([{ value: 42 }]);
});

test('a start that was killed half-way is begun anew', async () => {
  mkdirSync(path.join(dataDir, 'postgres.new', 'base'), { recursive: true });
  writeFileSync(path.join(dataDir, 'postgres.password'), 'half', { mode: 0o600 });
  const server = await start();
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(existsSync(path.join(dataDir, 'postgres.password'))).toBe(false);
});

test('every acknowledged row is there after kill -9 of the server', async () => {
  const first = await start();
  await query(first.url, 'CREATE TABLE acknowledged (id int PRIMARY KEY)');
  const client = new pg.Client({ connectionString: first.url });
  client.on('error', () => undefined);
  await client.connect();
  let acknowledged = 0;
  const writing = (async () => {
    for (;;) {
      await client.query('INSERT INTO acknowledged VALUES ($1)', [acknowledged + 1]);
      acknowledged += 1;
      if (acknowledged === 200) process.kill(first.pid, 'SIGKILL');
    }
  })();
  await expect(writing).rejects.toThrow();
  await first.exited;
  const second = await start();
  const [row] = await query(second.url, 'SELECT count(*)::int AS rows FROM acknowledged');
  expect(row?.rows).toBeGreaterThanOrEqual(acknowledged);
  expect(acknowledged).toBeGreaterThanOrEqual(200);
});

test('a stale postmaster.pid whose number another program has now is no obstacle', async () => {
  const first = await start();
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  const file = path.join(dataDir, 'postgres', 'postmaster.pid');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(process.pid)));
  const second = await start();
  expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a server whose supervisor was killed is taken over as it runs', async () => {
  const program = path.join(folder, 'supervisor.ts');
  const modules = path.join(import.meta.dirname, '..', '..', 'lib', 'system');
  writeFileSync(
    program,
    `import { startEmbeddedPostgres } from ${JSON.stringify(path.join(modules, 'embedded-postgres.ts'))};
     import { createLog } from ${JSON.stringify(path.join(modules, 'log.ts'))};
     const server = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '', log: createLog('test') });
     console.log('pid', server.pid);
     setInterval(() => {}, 1000);`,
  );
  const supervisor = startNode(program, [dataDir]);
  const line = await supervisor.waitForLine(/^pid/);
  supervisor.kill('SIGKILL');
  await supervisor.ended;
  const server = await start();
  expect(server.adopted).toBe(true);
  expect(line).toBe(`pid ${server.pid}`);
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await server.stop();
  await expect(query(server.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
});

if (process.getuid?.() === 0) describeAsRoot();

function describeAsRoot(): void {
  test('it runs as nobody, with files of nobody', async () => {
    const server = await start('nobody');
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const files = statSync(path.join(dataDir, 'postgres'));
    expect([files.uid, files.mode & 0o077]).toEqual([65_534, 0]);
  });

  test('data made in one way is kept by the other', async () => {
    const first = await start('nobody');
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS value');
    await first.stop();
    const second = await start();
    expect(await query(second.url, 'SELECT value FROM kept')).toEqual([{ value: 42 }]);
  });

  test('where nobody cannot reach the data directory, the database goes elsewhere and stays there', async () => {
    mkdirSync(path.join(folder, 'closed'), { mode: 0o700 });
    dataDir = path.join(folder, 'closed', 'data');
    const first = await start('nobody');
    const { id } = JSON.parse(readFileSync(path.join(dataDir, 'postgres.json'), 'utf8'));
    expect(existsSync(path.join(`/var/lib/provost-${id}`, 'postgres', 'PG_VERSION'))).toBe(true);
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS value');
    await first.stop();
    const second = await start();
    expect(await query(second.url, 'SELECT value FROM kept')).toEqual([{ value: 42 }]);
    await second.stop();
    rmSync(`/var/lib/provost-${id}`, { recursive: true });
  });
}
