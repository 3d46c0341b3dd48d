/** What a data directory of Postgres says about the server that runs it, or ran it last. */
import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { commandLineOf, identifyProcess, type ProcessIdentity, workingFolderOf } from './process-identity.ts';

/** Lines 1, 4 and 8 of postmaster.pid; pg_ctl reads the same. */
export interface PostmasterFile {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

export interface Postmaster extends PostmasterFile {
  readonly identity: ProcessIdentity;
}

export function postmasterFile(cluster: string): string {
  return path.join(cluster, 'postmaster.pid');
}

export function readPostmasterFile(cluster: string): PostmasterFile | null {
  let lines: string[];
  try {
    lines = readFileSync(postmasterFile(cluster), 'utf8').split('\n');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  return {
    pid: Number(lines[0] ?? 0),
    port: Number(lines[3] ?? 0),
    ready: lines[7]?.trim() === 'ready',
  };
}

/** The running server of a cluster; null when the file is missing or was left behind by a kill -9. */
export function findPostmaster(cluster: string): Postmaster | null {
  const file = readPostmasterFile(cluster);
  const identity = file === null ? null : identifyProcess(file.pid);
  if (file === null || identity === null || !isPostmasterOf(cluster, file.pid)) return null;
  return { ...file, identity };
}

/** Resolves when the server takes connections; crash recovery may take its time, so only `stopped` ends the wait. */
export async function waitUntilReady(cluster: string, pid: number, stopped: () => boolean): Promise<boolean> {
  while (!stopped()) {
    const file = readPostmasterFile(cluster);
    if (file?.pid === pid && file.ready) return true;
    await delay(20);
  }
  return false;
}

/** The number may belong to another program by now, so that one has to look like our server. */
function isPostmasterOf(cluster: string, pid: number): boolean {
  const commandLine = commandLineOf(pid);
  if (!commandLine.includes('postgres')) return false;
  return workingFolderOf(pid) === realpathSync(cluster) || commandLine.includes(` ${cluster} `);
}
