/** Keeps one child process running: started again with growing pauses when it dies, ended in good order when asked. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EXIT_BAD_CONFIGURATION } from '#lib/system/env.ts';
import { type ProcessBook, signalGroup } from './process-book.ts';

export interface BackOff {
  readonly firstMs: number;
  readonly largestMs: number;
  /** A child that ran as long as this begins with the first pause again. */
  readonly resetMs: number;
}

export const BACK_OFF: BackOff = { firstMs: 500, largestMs: 30_000, resetMs: 60_000 };
const LARGEST_LOG_BYTES = 20_000_000;

export interface ChildPlan {
  readonly name: string;
  readonly commandLine: readonly string[];
  /** Asked at each start, because an address may have changed since. */
  readonly env: () => NodeJS.ProcessEnv;
  /** How long it may take to end after SIGTERM. */
  readonly stopMs: number;
  /** Where its output goes; null: to ours. */
  readonly outputFile: string | null;
}

export interface SupervisorOptions {
  readonly book: ProcessBook;
  readonly say: (line: string) => void;
  readonly backOff?: BackOff;
}

export interface SupervisedChild {
  /** Ends it and starts it again at once, for a changed environment. */
  restart(): void;
  stop(): Promise<void>;
  /** Settles when the child refused its configuration (exit code 78), which no restart can mend. */
  readonly refused: Promise<void>;
}

export function superviseChild(plan: ChildPlan, options: SupervisorOptions): SupervisedChild {
  const backOff = options.backOff ?? BACK_OFF;
  const stopping = new AbortController();
  const refused = Promise.withResolvers<void>();
  let child: ChildProcess | null = null;
  let isRestartWanted = false;
  const running = keepRunning();

  async function keepRunning(): Promise<void> {
    let pauseMs = backOff.firstMs;
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      const started = startChild(plan, options.book);
      child = started.child;
      const ending = await started.ended;
      child = null;
      if (stopping.signal.aborted) return;
      if (isRestartWanted) {
        isRestartWanted = false;
        continue;
      }
      if (ending === `code ${EXIT_BAD_CONFIGURATION}`) return refuse();
      if (performance.now() - startedAt >= backOff.resetMs) pauseMs = backOff.firstMs;
      options.say(
        `${plan.name} ended with ${ending}; starting it again in ${pauseMs / 1000} s${started.lastWords()}`,
      );
      await pause(pauseMs);
      pauseMs = Math.min(pauseMs * 2, backOff.largestMs);
    }
  }

  function refuse(): void {
    options.say(`${plan.name} does not accept its configuration`);
    refused.resolve();
  }

  async function pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  }

  return {
    refused: refused.promise,
    restart() {
      if (child === null) return;
      isRestartWanted = true;
      void endChild(child, plan.stopMs);
    },
    async stop() {
      stopping.abort();
      if (child !== null) await endChild(child, plan.stopMs);
      await running;
    },
  };
}

interface StartedChild {
  readonly child: ChildProcess;
  /** `code 1`, `signal SIGKILL`, or why it could not start. */
  readonly ended: Promise<string>;
  /** The end of its own output, where that went to a file. */
  lastWords(): string;
}

/** In a group of its own: Ctrl-C in a terminal must not end children in whatever order they hear of it. */
function startChild(plan: ChildPlan, book: ProcessBook): StartedChild {
  const [command = '', ...args] = plan.commandLine;
  const output = plan.outputFile === null ? null : openOutput(plan.outputFile);
  const child = spawn(command, args, {
    env: plan.env(),
    detached: true,
    stdio: ['ignore', output?.descriptor ?? 'inherit', output?.descriptor ?? 'inherit'],
  });
  if (output !== null) closeSync(output.descriptor);
  const pid = child.pid;
  if (pid !== undefined) book.add(plan.name, pid);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `code ${code}` : `signal ${signal}`));
  }).finally(() => {
    if (pid !== undefined) book.remove(pid);
  });
  return { child, ended, lastWords: () => (output === null ? '' : output.lastWords()) };
}

async function endChild(child: ChildProcess, stopMs: number): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), stopMs);
  await exited;
  clearTimeout(timer);
  // What it may have started itself goes with it.
  signalGroup(pid, 'SIGKILL');
}

function openOutput(file: string): { descriptor: number; lastWords: () => string } {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const isFull = existsSync(file) && statSync(file).size > LARGEST_LOG_BYTES;
  const descriptor = openSync(file, isFull ? 'w' : 'a', 0o600);
  const before = statSync(file).size;
  return {
    descriptor,
    lastWords() {
      const lines = readFileSync(file).subarray(before).toString('utf8').trimEnd().split('\n');
      return lines[0] === '' ? '' : `. It said last:\n${lines.slice(-8).join('\n')}`;
    },
  };
}
