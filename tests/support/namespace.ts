import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LONGEST_RUN_MS = 45_000;

/**
 * Runs a TypeScript program in a network namespace of its own, where it is root over empty interfaces, and returns what it
 * printed as JSON. Works for root and for an ordinary user (user namespaces). Its error output is part of a failure.
 */
export async function runInNamespace<T>(script: string, args: readonly string[] = []): Promise<T> {
  const command = ['-Urn', process.execPath, script, ...args];
  const { stdout } = await run('unshare', command, { timeout: LONGEST_RUN_MS, killSignal: 'SIGKILL' });
  return JSON.parse(stdout) as T;
}

/** Runs `ip` with these words, inside the namespace that the caller is in: `ip('link set lo up')`. */
export async function ip(words: string): Promise<string> {
  const { stdout } = await run('ip', words.split(' '));
  return stdout;
}
