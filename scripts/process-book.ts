/**
 * Which processes an installation started, kept in its data directory: what a killed supervisor left running can be
 * ended by the next one, and nothing else can.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { identifyProcess, isRunning } from '#lib/system/process-identity.ts';

const entries = z.array(z.object({ name: z.string(), pid: z.int().min(2), started: z.string() }));

type Entry = z.output<typeof entries>[number];

export interface ProcessBook {
  add(name: string, pid: number): void;
  remove(pid: number): void;
}

/** @param say told when the book cannot be written, on a full disk above all: the processes run all the same. */
export function openProcessBook(dataDir: string, say: (line: string) => void): ProcessBook {
  const file = bookFile(dataDir);
  let current: Entry[] = [];
  const save = (): void => {
    const draft = `${file}.${process.pid}`;
    try {
      writeFileSync(draft, `${JSON.stringify(current, null, 2)}\n`, { mode: 0o600 });
      renameSync(draft, file);
    } catch (error) {
      say(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return {
    add(name, pid) {
      const identity = identifyProcess(pid);
      if (identity === null) return;
      current = [...current, { name, ...identity }];
      save();
    },
    remove(pid) {
      current = current.filter((entry) => entry.pid !== pid);
      save();
    },
  };
}

/**
 * Ends what the previous run left behind, each with its group. A process counts as left behind only if it has both the
 * number and the start time in the book. Returns the names of those it ended.
 */
export async function endOrphans(dataDir: string, patienceMs = 3_000): Promise<string[]> {
  const orphans = readBook(dataDir).filter(isRunning);
  for (const orphan of orphans) signalGroup(orphan.pid, 'SIGTERM');
  const deadline = Date.now() + patienceMs;
  while (orphans.some(isRunning) && Date.now() < deadline) await delay(50);
  for (const orphan of orphans.filter(isRunning)) signalGroup(orphan.pid, 'SIGKILL');
  while (orphans.some(isRunning)) await delay(20);
  return orphans.map((orphan) => orphan.name);
}

/** Signals a process that leads a group, and everything that it started itself. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: the group is gone, which is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function readBook(dataDir: string): Entry[] {
  let text: string;
  try {
    text = readFileSync(bookFile(dataDir), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return entries.parse(JSON.parse(text));
}

function bookFile(dataDir: string): string {
  return path.join(dataDir, 'processes.json');
}
