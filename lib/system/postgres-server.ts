/** Starting and ending one Postgres server process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from './log.ts';
import { freePort } from './postgres-connection.ts';
import type { PostgresIdentity } from './postgres-identity.ts';
import { waitUntilReady } from './postmaster.ts';

const STOP_MS = 30_000;
const ATTEMPTS = 30;
const LARGEST_LOG_BYTES = 10_000_000;

export interface ServerOptions {
  readonly log: Log;
  /** Where to listen if it is free; another free port if not. */
  readonly port: number;
  readonly fsync: boolean;
  /** The file that gets what the server says. */
  readonly output: string;
  /** Told before each try. */
  readonly onPort: (port: number) => void;
}

export interface Server {
  readonly pid: number;
  readonly port: number;
  readonly ended: Promise<void>;
}

/** Throws with the server's own words when it does not start. */
export async function launchServer(
  runAs: PostgresIdentity,
  cluster: string,
  options: ServerOptions,
): Promise<Server> {
  let port = await freePort(options.port);
  for (let attempt = 1; ; attempt += 1) {
    options.onPort(port);
    const { child, saidBefore } = spawnServer([runAs, cluster], { ...options, port });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const pid = child.pid ?? 0;
    if (await waitUntilReady(cluster, pid, () => child.exitCode !== null || child.signalCode !== null))
      return { pid, port, ended };
    const said = readFileSync(options.output).subarray(saidBefore).toString('utf8');
    if (attempt === ATTEMPTS || !mayPass(said)) throw new Error(`Postgres did not start:\n${said.trimEnd()}`);
    options.log.warn({ attempt }, 'the database could not start yet, trying again');
    port = await freePort(port);
    // Processes of a killed server take a moment to notice; their shared memory is theirs until then.
    await delay(200);
  }
}

function mayPass(said: string): boolean {
  return /could not bind|Address already in use|pre-existing shared memory block/.test(said);
}

function spawnServer(
  [runAs, cluster]: readonly [PostgresIdentity, string],
  options: ServerOptions,
): { child: ChildProcess; saidBefore: number } {
  const isFull = existsSync(options.output) && statSync(options.output).size > LARGEST_LOG_BYTES;
  const output = openSync(options.output, isFull ? 'w' : 'a', 0o600);
  const saidBefore = statSync(options.output).size;
  const parameters = settings(options).flatMap((setting) => ['-c', setting]);
  const [command = '', ...args] = [...runAs.prefix, runAs.binaries.postgres, '-D', cluster, ...parameters];
  // Detached: Ctrl-C in a terminal must not reach it before the processes that use it have ended.
  const child = spawn(command, args, {
    cwd: '/',
    env: { PATH: process.env.PATH, NODE_ENV: 'production', TZ: 'UTC', LC_ALL: 'C' },
    stdio: ['ignore', output, output],
    detached: true,
    uid: runAs.uid,
    gid: runAs.uid,
  });
  child.unref();
  closeSync(output);
  return { child, saidBefore };
}

function settings({ port, fsync }: ServerOptions): string[] {
  return [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'max_connections=100',
    'shared_buffers=128MB',
    'jit=off',
    'max_wal_size=1GB',
    // What a statement carried could be a secret: errors are logged without detail and without the statement.
    'log_error_verbosity=terse',
    'log_min_error_statement=panic',
    ...(fsync ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ];
}

/** SIGINT is Postgres's fast shutdown, SIGQUIT its immediate one, after which the next start recovers. */
export async function endServer(pid: number, exited: Promise<void>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    sendSignal(pid, signal);
    const patience = new AbortController();
    const late = delay(STOP_MS, true, { signal: patience.signal });
    const isLate = await Promise.race([exited.then(() => false), late]);
    if (isLate) continue;
    late.catch(() => undefined);
    patience.abort();
    return;
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Gone already is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
