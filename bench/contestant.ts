import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { SERVER_CPU } from './machine.ts';
import type { Ask } from './servers/asked.ts';

/** A server in a process of its own, on the servers' processor. */
export interface Contestant {
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, number>>;
  ask<T>(question: Ask): Promise<T>;
  stop(): Promise<void>;
}

/** Starts `bench/servers/<file>` with these arguments; resolves when it is ready. */
export async function startContestant(
  file: string,
  args: readonly string[],
  { pinned }: { readonly pinned: boolean },
): Promise<Contestant> {
  const flags = ['--disable-warning=ExperimentalWarning'];
  const child = fork(path.join(import.meta.dirname, 'servers', file), args, {
    ...(pinned && { execPath: 'taskset' }),
    execArgv: pinned ? ['-c', String(SERVER_CPU), process.execPath, ...flags] : flags,
  });
  const died = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${file} ended: ${signal ?? code}`);
  });
  died.catch(() => undefined);
  const hear = async <T>(): Promise<T> => {
    const [message] = await Promise.race([once(child, 'message'), died]);
    return (message as { value: T }).value;
  };
  return {
    ready: await hear(),
    ask(question) {
      child.send(question);
      return hear();
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
