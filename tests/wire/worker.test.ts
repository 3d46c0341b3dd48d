import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createVault } from '../../lib/system/vault.ts';
import { Replica } from '../../sip-worker/replica/store.ts';
import { askedFor, bootPhone } from '../support/phone.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/postgres.ts';
import { startNode } from '../support/processes.ts';
import {
  asArtifact,
  asDevice,
  asRule,
  asSite,
  TEST_RULE,
  TEST_SITE,
  TEST_VAULT,
  testDevice,
  testFile,
  testMac,
} from '../support/served-entities.ts';
import {
  prepareDataDir,
  startWorker,
  type TestWorker,
  WORKER_KEY,
  workerEnvironment,
} from '../support/worker.ts';

/** Nothing listens there, and connections are refused at once. */
const NOWHERE = 'postgresql://nobody@127.0.0.1:1/none';

let dataDir: string;
let worker: TestWorker | null = null;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'provost-worker-'));
  prepareDataDir(dataDir);
});
afterEach(async () => {
  await worker?.stop();
  worker = null;
  rmSync(dataDir, { recursive: true, force: true });
});

/** What an earlier run of the worker would have left. */
function leaveReplica(): void {
  const text = 'account.1.enable=1\naccount.1.user_name=1001\naccount.1.sip_server_host=pbx.example.net\n';
  const replica = new Replica({ dataDir, vault: TEST_VAULT, log: { warn: () => undefined } });
  const draft = replica.startSnapshot();
  const device = testDevice(1, { files: [testFile('0021f2000001.cfg', text)] });
  draft.add([asArtifact(text), asSite(TEST_SITE), asRule(TEST_RULE), asDevice(device)]);
  replica.replaceBy(draft, { epoch: 'e', cursor: '1.1', appliedAbove: [], scope: 'all', snapshotAt: '' });
  replica.close();
}

async function failedStart(
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; said: string }> {
  const started = startNode('sip-worker/main.ts', [], { env });
  const { code } = await started.ended;
  return { code, said: started.lines.join('\n') };
}

describe('a start that is refused', () => {
  it('names every bad variable in a line, exit 78', async () => {
    const { code, said } = await failedStart({ PROVOST_HTTP_PORT: 'x', PROVOST_HTPP_PORT: '1' });
    expect(code).toBe(78);
    expect(said).toMatch(/^PROVOST_HTTP_PORT: must be a port.*\nPROVOST_HTPP_PORT: is not a setting/);
  });

  it('says that there is no secret key, exit 78', async () => {
    const env = await workerEnvironment({ dataDir: path.join(dataDir, 'empty') });
    expect(await failedStart(env)).toMatchObject({
      code: 78,
      said: expect.stringContaining('secret key is missing'),
    });
  });

  it.each(['PROVOST_HTTP_PORT', 'PROVOST_TFTP_PORT'])('says which port is taken: %s', async (name) => {
    const dir = path.join(dataDir, 'second');
    prepareDataDir(dir);
    worker = await startWorker({ dataDir });
    const port = String(name === 'PROVOST_HTTP_PORT' ? worker.ports.http : worker.ports.tftp);
    const { code, said } = await failedStart(
      await workerEnvironment({ dataDir: dir, env: { [name]: port } }),
    );
    expect(code).toBe(1);
    expect(said).toContain(`"${name}: port ${port} is in use by another program"`);
  });

  it('says which worker has the data directory', async () => {
    worker = await startWorker({ dataDir });
    const { code, said } = await failedStart(await workerEnvironment({ dataDir }));
    expect(code).toBe(1);
    expect(said).toContain(`process ${worker.pid}`);
  });
});

it('says which interface it does not find, and goes on', async () => {
  worker = await startWorker({ dataDir, env: { PROVOST_SIP_INTERFACES: 'lo,nosuch0' } });
  expect(worker.lines.join('\n')).toContain('"missing":["nosuch0"]');
});

describe('a worker without a database', () => {
  it('is up and not ready before the first snapshot', async () => {
    worker = await startWorker({ dataDir, databaseUrl: NOWHERE });
    expect((await fetch(`http://127.0.0.1:${worker.ports.http}/healthz`)).status).toBe(200);
    expect(await worker.readiness()).toMatchObject({ status: 503, mode: 'empty' });
  });

  it('serves phones from its replica, and says that it is degraded', async () => {
    leaveReplica();
    worker = await startWorker({ dataDir, databaseUrl: NOWHERE });
    const phone = await bootPhone('--mac', testMac(1), '--port', String(worker.ports.sip));
    expect(phone.outcome).toBe('configured');
    expect(askedFor(phone).at(-1)).toBe('0021f2000001.cfg 200');
    expect(await worker.readiness()).toMatchObject({ status: 200, mode: 'degraded' });
  });

  it('serves again after kill -9', async () => {
    leaveReplica();
    worker = await startWorker({ dataDir, databaseUrl: NOWHERE });
    worker.kill('SIGKILL');
    await worker.ended;
    worker = await startWorker({ dataDir, databaseUrl: NOWHERE });
    const phone = await bootPhone('--mac', testMac(1), '--port', String(worker.ports.sip));
    expect(phone.outcome).toBe('configured');
  });

  it('keeps the events of its phones over kill -9', async () => {
    leaveReplica();
    worker = await startWorker({ dataDir, databaseUrl: NOWHERE });
    await bootPhone('--mac', testMac(1), '--port', String(worker.ports.sip));
    worker.kill('SIGKILL');
    await worker.ended;
    worker = await startWorker({ dataDir, databaseUrl: NOWHERE });
    const page = await fetch(`http://127.0.0.1:${worker.ports.http}/readyz`);
    const { spool } = (await page.json()) as { spool: { bytes: number } };
    expect(spool.bytes).toBeGreaterThan(1000);
  });

  it('ends in good order when it is told to', async () => {
    worker = await startWorker({ dataDir, databaseUrl: NOWHERE });
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
  });

  it('does only what its roles say', async () => {
    worker = await startWorker({ dataDir, env: { PROVOST_ROLES: 'http' } });
    expect(Object.keys(worker.ports)).toEqual(['http']);
  });

  it('counts what it does', async () => {
    worker = await startWorker({ dataDir });
    const metrics = await (await fetch(`http://127.0.0.1:${worker.ports.http}/metrics`)).text();
    for (const name of ['provost_replica_devices 0', 'provost_spool_bytes', 'provost_file_answers_total'])
      expect(metrics).toContain(name);
  });
});

describe('a database that is not ready', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createEmptyDatabase();
  });
  afterAll(() => database.drop());

  it('is waited for while phones are served', async () => {
    leaveReplica();
    worker = await startWorker({ dataDir, databaseUrl: database.url });
    const ready = worker;
    await vi.waitFor(async () => expect((await ready.readiness()).reason).toMatch(/not set up yet/), {
      timeout: 10_000,
    });
    expect(await ready.readiness()).toMatchObject({ status: 200, mode: 'degraded' });
  });
});

it('the test key is the one of the served entities', () => {
  expect(createVault(WORKER_KEY).checkValue()).toBe(TEST_VAULT.checkValue());
});
