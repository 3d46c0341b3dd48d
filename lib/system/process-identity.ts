/** Telling one process from another that later got the same number. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** A process id with the moment it started: together they never name another process. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

/** null when no such process runs (a zombie that waits for its parent does not run). */
export function identifyProcess(pid: number): ProcessIdentity | null {
  const started = process.platform === 'linux' ? startedOnLinux(pid) : startedElsewhere(pid);
  return started === null ? null : { pid, started };
}

export function isRunning(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.started === identity.started;
}

/** The arguments of a process joined by spaces; empty when it is gone or may not be read. */
export function commandLineOf(pid: number): string {
  if (process.platform !== 'linux') return psColumn(pid, 'command') ?? '';
  return readProc(`/proc/${pid}/cmdline`)?.split('\0').join(' ').trim() ?? '';
}

/** The folder a process works in; null when it is gone, may not be read, or the system does not say. */
export function workingFolderOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // Gone, another user's, or no procfs: all of them mean "not known".
    return null;
  }
}

/** Field 22 of /proc/pid/stat counts ticks since boot, so the boot belongs to it (proc(5)). */
function startedOnLinux(pid: number): string | null {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  if (state === 'Z' || state === 'X') return null;
  return `${readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? ''}:${fields[19] ?? ''}`;
}

function startedElsewhere(pid: number): string | null {
  return psColumn(pid, 'lstart');
}

function psColumn(pid: number, column: string): string | null {
  try {
    return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    // ps ends with 1 when no process has the number.
    return null;
  }
}

function readProc(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process ended between two looks.
    return null;
  }
}
