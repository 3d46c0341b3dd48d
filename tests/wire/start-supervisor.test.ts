import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '#lib/system/postgres-connection.ts';
import { identifyProcess } from '#lib/system/process-identity.ts';
import { createSecretKey } from '#lib/system/secrets.ts';
import { endOrphans } from '../../scripts/process-book.ts';
import { createEmptyDatabase } from '../support/postgres.ts';
import { type RunningProcess, startNode } from '../support/processes.ts';

let dataDir: string;
let port: number;
const started: RunningProcess[] = [];

beforeEach(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'provost-start-'));
  port = await freePort();
});
afterEach(async () => {
  for (const run of started.splice(0)) await run.stop();
  // What a killed run left is taken over by one last start, which ends it in good order.
  if (existsSync(path.join(dataDir, 'postgres', 'postmaster.pid'))) {
    const last = start();
    await last.waitForLine(/^summary/);
    await last.stop();
  }
  await endOrphans(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

function start(env: Record<string, string> = {}): RunningProcess {
  const settings = { PROVOST_DATA_DIR: dataDir, PORT: String(port), ...env };
  const run = startNode('tests/support/stub-installation.ts', [], { env: settings });
  started.push(run);
  return run;
}

interface Up {
  readonly pid: number;
  readonly url: string;
}

async function childUp(run: RunningProcess, name: string): Promise<Up> {
  const [, , pid, url = ''] = (await run.waitForLine(new RegExp(`^${name} up`))).split(' ');
  return { pid: Number(pid), url };
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

function postmasterPid(): number {
  return Number(readFileSync(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

test('a first start makes key and database, starts worker and console, and says so', async () => {
  const run = start();
  await run.waitForLine(/^summary generated$/);
  const worker = await childUp(run, 'worker');
  const web = await childUp(run, 'web');
  expect(web.url).toBe(worker.url);
  expect(await query(worker.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(statSync(path.join(dataDir, 'secret.key')).mode & 0o777).toBe(0o600);
});

test('a request to stop ends console, worker and database in this order, and nothing stays behind', async () => {
  const run = start();
  await run.waitForLine(/^summary/);
  const pids = [(await childUp(run, 'worker')).pid, (await childUp(run, 'web')).pid, postmasterPid()];
  run.kill('SIGINT');
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.lines.filter((line) => line.endsWith(' stopped'))).toEqual(['web stopped', 'worker stopped']);
  expect(pids.map(identifyProcess)).toEqual([null, null, null]);
});

test('a child that dies is started again, with growing pauses', async () => {
  const run = start({ STUB_WORKER: 'die:4' });
  await childUp(run, 'worker');
  expect(run.lines.filter((line) => line.startsWith('worker ended'))).toEqual(
    ['0.02', '0.04', '0.08', '0.08'].map(
      (pause) => `worker ended with code 3; starting it again in ${pause} s`,
    ),
  );
});

test('a console that cannot start does not hold the worker up', async () => {
  const run = start({ STUB_WEB: 'die:1000' });
  await childUp(run, 'worker');
  await run.waitForLine(/^web ended with code 3/);
  expect(run.lines.filter((line) => line.startsWith('worker ended'))).toEqual([]);
});

test('a worker that refuses its configuration ends the start with exit code 78', async () => {
  const run = start({ STUB_WORKER: 'refuse' });
  expect((await run.ended).code).toBe(78);
});

test('a second start beside a running one says which process runs, and ends', async () => {
  const first = start();
  await first.waitForLine(/^summary/);
  const second = start();
  expect((await second.ended).code).toBe(1);
  expect(second.lines.join()).toContain(`running already, as process ${first.pid}`);
});

test('a start while the previous run is stopping waits for it', async () => {
  const first = start({ STUB_WORKER: 'linger' });
  await first.waitForLine(/^summary/);
  first.kill('SIGTERM');
  await first.waitForLine(/^worker lingers/);
  const second = start();
  await second.waitForLine(/^Waiting for the previous run to stop/);
  process.kill((await childUp(first, 'worker')).pid, 'SIGKILL');
  expect((await first.ended).code).toBe(0);
  await second.waitForLine(/^summary/);
});

test('after kill -9 of the supervisor the next start ends what it left and goes on with the same database', async () => {
  const first = start();
  await first.waitForLine(/^summary/);
  const worker = await childUp(first, 'worker');
  const web = await childUp(first, 'web');
  await query(worker.url, 'CREATE TABLE kept AS SELECT 42 AS value');
  first.kill('SIGKILL');
  await first.ended;
  const second = start();
  await second.waitForLine(/^Ended what a killed run had left: worker, web\.$/);
  await second.waitForLine(/^summary/);
  expect([worker.pid, web.pid].map(identifyProcess)).toEqual([null, null]);
  expect(await query((await childUp(second, 'worker')).url, 'SELECT value FROM kept')).toEqual([
    { value: 42 },
  ]);
});

test('after kill -9 of everything the next start comes up with the same data', async () => {
  const first = start();
  await first.waitForLine(/^summary/);
  const worker = await childUp(first, 'worker');
  await query(worker.url, 'CREATE TABLE kept AS SELECT 42 AS value');
  for (const pid of [first.pid, worker.pid, (await childUp(first, 'web')).pid, postmasterPid()])
    process.kill(pid, 'SIGKILL');
  await first.ended;
  const second = start();
  await second.waitForLine(/^summary/);
  expect(await query((await childUp(second, 'worker')).url, 'SELECT value FROM kept')).toEqual([
    { value: 42 },
  ]);
});

test('a database that dies is started again, and the worker keeps running', async () => {
  const run = start();
  await run.waitForLine(/^summary/);
  const worker = await childUp(run, 'worker');
  process.kill(postmasterPid(), 'SIGKILL');
  await run.waitForLine(/^The database ended; trying again/);
  const connects = async (): Promise<boolean> => query(worker.url, 'SELECT 1').then(Boolean, () => false);
  await expect.poll(connects, { timeout: 20_000 }).toBe(true);
  expect(run.lines.filter((line) => line.startsWith('worker ended'))).toEqual([]);
});

test('a database whose secret key was lost stops the start with exit code 78', async () => {
  const first = start();
  await first.waitForLine(/^summary/);
  await query(
    (await childUp(first, 'worker')).url,
    "CREATE TABLE _prisma_migrations (migration_name text, checksum text, finished_at timestamptz, rolled_back_at timestamptz, started_at timestamptz); INSERT INTO _prisma_migrations VALUES ('1')",
  );
  await first.stop();
  rmSync(path.join(dataDir, 'secret.key'));
  const second = start();
  expect((await second.ended).code).toBe(78);
  expect(second.lines.join()).toContain('The secret key is missing');
  expect(existsSync(path.join(dataDir, 'secret.key'))).toBe(false);
});

test('with DATABASE_URL no database is started, and everybody gets that one', async () => {
  const database = await createEmptyDatabase();
  const run = start({ DATABASE_URL: database.url });
  await run.waitForLine(/^summary/);
  expect((await childUp(run, 'worker')).url).toBe(database.url);
  expect(existsSync(path.join(dataDir, 'postgres'))).toBe(false);
  await run.stop();
  await database.drop();
});

test('a database that is away keeps the console waiting, not the worker', async () => {
  createSecretKey(dataDir);
  const run = start({ DATABASE_URL: `postgresql://nobody@127.0.0.1:${await freePort()}/gone` });
  await childUp(run, 'worker');
  await run.waitForLine(/^Waiting for the database/);
  expect(run.lines.some((line) => line.startsWith('web up'))).toBe(false);
  expect((await run.stop()).code).toBe(0);
});

test('without its key a database that is away is no reason to make a new one', async () => {
  const run = start({ DATABASE_URL: `postgresql://nobody@127.0.0.1:${await freePort()}/gone` });
  await run.waitForLine(/^Waiting for the database/);
  expect((await run.stop()).code).toBe(0);
  expect(existsSync(path.join(dataDir, 'secret.key'))).toBe(false);
});

test('every bad variable is one line, exit code 78, and nothing is started', async () => {
  const run = startNode('scripts/start.ts', [], {
    env: { PROVOST_DATA_DIR: dataDir, PORT: 'x', PROVOST_SIP_PORT: '-1', PROVOST_SIP_GRUOP: '224.0.1.75' },
  });
  expect((await run.ended).code).toBe(78);
  expect(run.lines.map((line) => line.split(':')[0])).toEqual([
    'PORT',
    'PROVOST_SIP_PORT',
    'PROVOST_SIP_GRUOP',
  ]);
  expect(run.lines.join()).toContain('did you mean PROVOST_SIP_GROUP?');
  expect(existsSync(path.join(dataDir, 'secret.key'))).toBe(false);
});

test('worker alone and console alone say what they lack before the first start', async () => {
  for (const [what, lack] of [
    ['worker', 'There is no secret key'],
    ['web', 'There is no secret key'],
  ]) {
    const run = startNode('scripts/start.ts', [what ?? ''], { env: { PROVOST_DATA_DIR: dataDir } });
    expect((await run.ended).code).toBe(78);
    expect(run.lines.join()).toContain(lack);
  }
});
