/**
 * Runs the real Postgres from npm for one data directory. The server outlives a supervisor that was killed; the next
 * start finds it and goes on with it. A supervisor that ends in good order stops it.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Lock, takeLock } from './lock-file.ts';
import type { Log } from './log.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { initialiseCluster, resetPassword, serverVersion } from './postgres-cluster.ts';
import {
  connectionUrl,
  freePort,
  newConnection,
  type PostgresConnection,
  readConnection,
  saveConnection,
} from './postgres-connection.ts';
import { chooseIdentity, giveTo, type IdentityKind, type PostgresIdentity } from './postgres-identity.ts';
import { endServer, launchServer } from './postgres-server.ts';
import { findPostmaster, type Postmaster, postmasterFile, waitUntilReady } from './postmaster.ts';
import { isRunning } from './process-identity.ts';

export interface EmbeddedPostgresOptions {
  /** Absolute; made if missing. */
  readonly dataDir: string;
  readonly log: Log;
  /** `false` trades safety for speed, for tests. */
  readonly fsync?: boolean;
  readonly identity?: IdentityKind;
}

export interface EmbeddedPostgres {
  /** Of the database `provost`, with its password: never log it. */
  readonly url: string;
  /** Of the database `postgres`, for making and dropping others. */
  readonly adminUrl: string;
  readonly pid: number;
  /** It was already running, left behind by a supervisor that was killed. */
  readonly adopted: boolean;
  /** Settles when the server has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Ends connections and stops it (fast shutdown), then settles. */
  stop(): Promise<void>;
}

/**
 * Chooses port and password before anything runs, so that a worker can be told. A port that somebody else took since
 * the last time is replaced by a free one.
 */
export async function planEmbeddedPostgres(dataDir: string): Promise<{ readonly url: string }> {
  const connection = readConnection(dataDir) ?? (await newConnection());
  const running = findPostmaster(clusterIn(dataDir)) ?? findPostmaster(clusterIn(elsewhere(connection)));
  const planned = { ...connection, port: running?.port ?? (await freePort(connection.port)) };
  saveConnection(dataDir, planned);
  return { url: connectionUrl(planned) };
}

/** Whether an embedded database was ever made for a data directory. */
export function hasEmbeddedPostgres(dataDir: string): boolean {
  const homes = [dataDir, ...[readConnection(dataDir)].flatMap((known) => (known ? [elsewhere(known)] : []))];
  return homes.some((home) => existsSync(path.join(clusterIn(home), 'PG_VERSION')));
}

/** The URL of the embedded database that another process of the same data directory runs, or ran; null when there is none. */
export function embeddedPostgresUrl(dataDir: string): string | null {
  const connection = readConnection(dataDir);
  return connection === null ? null : connectionUrl(connection);
}

/** Throws when another process runs this database, when the files belong to somebody else, and when Postgres will not start. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const lock = takeLock(path.join(options.dataDir, 'postgres.lock'));
  if (!lock.ok) throw new Error(`The database in ${options.dataDir} is already run by ${lock.at}`);
  try {
    return await startLocked(options, lock.value);
  } catch (error) {
    lock.value.release();
    throw error;
  }
}

async function startLocked(options: EmbeddedPostgresOptions, lock: Lock): Promise<EmbeddedPostgres> {
  const { dataDir, log } = options;
  const connection = readConnection(dataDir) ?? (await newConnection());
  const runAs = chooseIdentity({
    dataDir,
    binaries: findPostgresBinaries(),
    elsewhere: elsewhere(connection),
    kind: options.identity,
  });
  const cluster = clusterIn(runAs.home);
  giveTo(runAs, cluster);
  const running = findPostmaster(cluster);
  if (running && connection.isSet) return adopt({ running, cluster, connection, dataDir, log, lock });
  if (running) await stopPostmaster(running);
  prepareCluster(runAs, cluster, { connection, log });
  const server = await launchServer(runAs, cluster, {
    log,
    port: connection.port,
    fsync: options.fsync ?? true,
    output: path.join(dataDir, 'postgres.log'),
    onPort: (port) => saveConnection(dataDir, { ...connection, port, isSet: true }),
  });
  const exited = server.ended.then(() => lock.release());
  const stop = (): Promise<void> => endServer(server.pid, exited);
  return { ...urls({ ...connection, port: server.port }), pid: server.pid, adopted: false, exited, stop };
}

interface Preparation {
  readonly connection: PostgresConnection;
  readonly log: Log;
}

function prepareCluster(runAs: PostgresIdentity, cluster: string, about: Preparation): void {
  if (!existsSync(path.join(cluster, 'PG_VERSION'))) {
    about.log.info({ cluster, as: runAs.kind }, 'making the database');
    initialiseCluster(runAs, cluster, about.connection.password);
    return;
  }
  const wanted = serverVersion(runAs);
  const present = readFileSync(path.join(cluster, 'PG_VERSION'), 'utf8').trim();
  if (present !== wanted)
    throw new Error(
      `${cluster} was made by Postgres ${present}, and this one is ${wanted}: move its data over first`,
    );
  // A file left by kill -9 whose number another program got since would make Postgres refuse.
  if (findPostmaster(cluster) === null) rmSync(postmasterFile(cluster), { force: true });
  if (!about.connection.isSet) resetPassword(runAs, cluster, about.connection.password);
}

interface Adoption {
  readonly running: Postmaster;
  readonly cluster: string;
  readonly connection: PostgresConnection;
  readonly dataDir: string;
  readonly log: Log;
  readonly lock: Lock;
}

/** Not our child, so its end cannot be waited for, only seen. */
async function adopt(options: Adoption): Promise<EmbeddedPostgres> {
  const { running, cluster, lock } = options;
  const connection = { ...options.connection, port: running.port };
  saveConnection(options.dataDir, connection);
  await waitUntilReady(cluster, running.pid, () => !isRunning(running.identity));
  options.log.info({ pid: running.pid }, 'the database is still running, going on with it');
  const exited = untilGone(running).then(() => lock.release());
  const stop = (): Promise<void> => endServer(running.pid, exited);
  return { ...urls(connection), pid: running.pid, adopted: true, exited, stop };
}

async function untilGone(postmaster: Postmaster): Promise<void> {
  while (isRunning(postmaster.identity)) await delay(100, undefined, { ref: false });
}

async function stopPostmaster(postmaster: Postmaster): Promise<void> {
  await endServer(postmaster.pid, untilGone(postmaster));
}

function urls(connection: PostgresConnection): { url: string; adminUrl: string } {
  return { url: connectionUrl(connection), adminUrl: connectionUrl(connection, 'postgres') };
}

function clusterIn(home: string): string {
  return path.join(home, 'postgres');
}

function elsewhere(connection: PostgresConnection): string {
  return `/var/lib/provost-${connection.id}`;
}
