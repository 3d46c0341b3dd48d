import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import process from 'node:process';
import { openBound } from './datagram.ts';

export const SERVER_CPU = 0;
const GENERATOR_CPU = 1;

export interface Machine {
  readonly cpu: string;
  readonly cpus: number;
  readonly kernel: string;
  readonly node: string;
  /** Servers on one processor, the generator on another. */
  readonly pinned: boolean;
}

/** Puts this process, the generator, on its processor where the system can do that. */
export function prepareMachine(): Machine {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cpus: os.availableParallelism(),
    kernel: `${os.type()} ${os.release()}`,
    node: process.version,
    pinned: os.availableParallelism() > 1 && pinGenerator(),
  };
}

function pinGenerator(): boolean {
  try {
    execFileSync('taskset', ['-acp', String(GENERATOR_CPU), String(process.pid)], { stdio: 'ignore' });
    return true;
  } catch {
    // No taskset here, or not these processors: everything then runs where the kernel puts it.
    return false;
  }
}

/** A UDP port that nobody holds right now. */
export async function findFreePort(): Promise<number> {
  const probe = await openBound();
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
