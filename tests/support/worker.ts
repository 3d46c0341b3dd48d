import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freeUdpPort } from './free-port.ts';
import { type RunningProcess, startNode } from './processes.ts';

/** A sip-worker in a process of its own, on loopback and ports of its own. */
export interface TestWorker extends RunningProcess {
  readonly ports: { readonly http: number; readonly tftp: number; readonly sip: number };
  /** Of `/readyz`. */
  readiness(): Promise<{ readonly status: number; readonly mode: string; readonly reason: string | null }>;
}

export interface WorkerOptions {
  readonly dataDir: string;
  readonly databaseUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export const WORKER_KEY = Buffer.alloc(32, 7);

/** The data directory of an installation whose key was made before. */
export function prepareDataDir(dataDir: string, key: Buffer = WORKER_KEY): void {
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(path.join(dataDir, 'secret.key'), `${key.toString('base64')}\n`, { mode: 0o600 });
}

export async function workerEnvironment({
  dataDir,
  databaseUrl,
  env,
}: WorkerOptions): Promise<Record<string, string>> {
  return {
    PROVOST_DATA_DIR: dataDir,
    PROVOST_HTTP_PORT: '0',
    PROVOST_TFTP_PORT: '0',
    PROVOST_SIP_PORT: String(await freeUdpPort()),
    PROVOST_SIP_INTERFACES: '127.0.0.1',
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...env,
  };
}

/** Started, and answering phones. */
export async function startWorker(options: WorkerOptions): Promise<TestWorker> {
  const worker = startNode('sip-worker/main.ts', [], { env: await workerEnvironment(options) });
  const line = await worker.waitForLine(/"answering phones"/);
  const { ports } = JSON.parse(line) as { ports: TestWorker['ports'] };
  return { ...worker, ports, readiness: () => readReadiness(ports.http) };
}

async function readReadiness(port: number): Promise<Awaited<ReturnType<TestWorker['readiness']>>> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  const { mode, reason } = (await response.json()) as { mode: string; reason: string | null };
  return { status: response.status, mode, reason };
}
