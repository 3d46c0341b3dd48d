import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { newToken } from '#lib/system/secrets.ts';

export interface WorkerIdentity {
  /** Stays with the data directory: `pbx-host-3f7ka2qd`. */
  readonly id: string;
  readonly host: string;
  /** ISO time. */
  readonly startedAt: string;
}

/** The worker's name, made at its first start. */
export function identifyWorker(dataDir: string): WorkerIdentity {
  const file = path.join(dataDir, 'worker.id');
  const host = hostname();
  const known = readIfPresent(file);
  const id = known ?? `${host.toLowerCase().replace(/[^a-z0-9-]+/g, '-')}-${newToken(5)}`;
  if (known === null) writeFileSync(file, `${id}\n`, { mode: 0o600 });
  return { id, host, startedAt: new Date().toISOString() };
}

function readIfPresent(file: string): string | null {
  try {
    const id = readFileSync(file, 'utf8').trim();
    return /^[a-z0-9-]{1,80}$/.test(id) ? id : null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
