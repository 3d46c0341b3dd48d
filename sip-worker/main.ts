/** The sip-worker: answers phones from its replica, and keeps that replica in step with Postgres. Wires, decides nothing. */
import path from 'node:path';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { embeddedPostgresUrl } from '#lib/system/embedded-postgres.ts';
import { type Environment, EXIT_BAD_CONFIGURATION, readEnvironment } from '#lib/system/env.ts';
import { type Lock, takeLock } from '#lib/system/lock-file.ts';
import { createLog, outliveOutput } from '#lib/system/log.ts';
import { openVault, type Vault } from '#lib/system/secrets.ts';
import { type DatabaseSide, startDatabaseSide } from './database-side.ts';
import { Spool } from './events/spool.ts';
import { type PhoneSide, startPhoneSide } from './phone-side.ts';
import { createLiveView, type FollowStatus } from './replica/live-view.ts';
import { Replica } from './replica/store.ts';
import { TakenPort } from './taken-port.ts';
import { describeWorker } from './worker-beat.ts';
import { identifyWorker } from './worker-identity.ts';
import { watchWorker } from './worker-metrics.ts';

const log = createLog('worker');
const EXIT_FAILED = 1;
const DOWNLOADS_MS = 30_000;
const FLUSH_MS = 5_000;
const NO_DATABASE: FollowStatus = { isLive: false, reason: 'no database is known yet', followedAt: null };

outliveOutput();
const reading = readEnvironment(process.env);
if (!reading.ok) refuse(EXIT_BAD_CONFIGURATION, reading.problems.join('\n'));
else {
  const lock = takeLock(path.join(reading.value.dataDir, 'worker.lock'));
  const vault = openVault(reading.value);
  if (!lock.ok)
    refuse(EXIT_FAILED, `A worker runs already, as ${lock.at}, with the data in ${reading.value.dataDir}.`);
  else if (!vault.ok) refuse(EXIT_BAD_CONFIGURATION, `The secret key is ${vault.reason}: ${vault.at}`);
  else run(reading.value, vault.value, lock.value).catch(fail);
}

async function run(environment: Environment, vault: Vault, lock: Lock): Promise<void> {
  const { dataDir, publicBase, sipInterfaces, roles, sites } = environment;
  const identity = identifyWorker(dataDir);
  const worker = identity.id;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const replica = new Replica({ dataDir, vault, log });
  let database: DatabaseSide | null = null;
  let phones: PhoneSide | null = null;
  const view = createLiveView({ replica, vault, follows: () => database?.status() ?? NO_DATABASE });
  const spool = new Spool({ folder: path.join(dataDir, 'events'), onAdded: () => database?.shipSoon() });
  const describe = () => ({
    spool: { bytes: spool.bytes, dropped: spool.dropped },
    pnp: phones?.pnpStatus() ?? null,
  });
  watchWorker(registry, { view, spool });

  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    log.info('stopping');
    setTimeout(() => process.exit(EXIT_FAILED), DOWNLOADS_MS + 2 * FLUSH_MS).unref();
    await phones?.close(DOWNLOADS_MS);
    await database?.close(FLUSH_MS);
    spool.close();
    replica.close();
    lock.release();
    process.exit();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());

  phones = await startPhoneSide({
    environment,
    view,
    worker,
    registry,
    log,
    addEvent: (event) => spool.add(event),
    onUnknown: (phone) => database?.addUnknown(phone),
    describe,
  });
  log.info({ ports: phones.ports, worker, devices: replica.lookups.devices }, 'answering phones');

  const url = environment.databaseUrl ?? embeddedPostgresUrl(dataDir);
  if (url === null) return log.warn('no database is known: set DATABASE_URL or run "npm start" once');
  const onOtherKey = (): void => {
    log.error('the database was sealed with another secret key than this one');
    process.exitCode = EXIT_BAD_CONFIGURATION;
    void stop();
  };
  const beat = () => describeWorker({ identity, view, replica, phones, publicBase, sipInterfaces });
  database = startDatabaseSide({
    url,
    roles,
    sites,
    vault,
    replica,
    spool,
    worker,
    log,
    describe: beat,
    onOtherKey,
  });
}

/** A port that is taken, a disk that fails: whoever started us may try again. */
function fail(error: unknown): void {
  if (error instanceof TakenPort) log.fatal(error.message);
  else log.fatal({ err: error }, 'the worker cannot run');
  process.exit(EXIT_FAILED);
}

function refuse(code: number, message: string): void {
  console.error(message);
  process.exitCode = code;
}
