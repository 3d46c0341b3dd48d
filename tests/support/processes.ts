/** Real child processes for tests: started with what they need, watched line by line, and never left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

export const projectRoot = path.resolve(import.meta.dirname, '..', '..');

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningProcess {
  readonly pid: number;
  /** What it has said so far on stdout and stderr, line by line. */
  readonly lines: readonly string[];
  readonly ended: Promise<Ending>;
  /** The first line that matches, said already or to come; rejects with everything that was said if the process ends first. */
  waitForLine(pattern: RegExp): Promise<string>;
  kill(signal?: NodeJS.Signals): void;
  /** Ends it with SIGTERM, or at once if it ended already. */
  stop(): Promise<Ending>;
}

export interface ProcessOptions {
  /** Added to the environment of the test, without any PROVOST_* of it; undefined takes a name away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** Starts `node <file> <args>`; the file is relative to the project. */
export function startNode(
  file: string,
  args: readonly string[] = [],
  options: ProcessOptions = {},
): RunningProcess {
  return startProcess(process.execPath, [path.resolve(projectRoot, file), ...args], options);
}

export function startProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): RunningProcess {
  const child = spawn(command, args, {
    cwd: options.cwd ?? projectRoot,
    env: { ...withoutSettings(process.env), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const heard = new EventEmitter().setMaxListeners(100);
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      heard.emit('line', line);
    });
  const ended = untilEnded(child).then((ending) => {
    heard.emit('end');
    return ending;
  });
  return {
    pid: child.pid ?? 0,
    lines,
    ended,
    waitForLine: (pattern) =>
      waitForLine(pattern, { lines, heard, child, name: `${command} ${args.join(' ')}` }),
    kill: (signal = 'SIGKILL') => void child.kill(signal),
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** With its last words, unless children that it left behind keep its output open. */
async function untilEnded(child: ChildProcess): Promise<Ending> {
  const closed = once(child, 'close');
  const [code, signal] = await once(child, 'exit');
  await Promise.race([closed, delay(200)]);
  return { code, signal };
}

interface Listening {
  readonly lines: readonly string[];
  readonly heard: EventEmitter;
  readonly child: ChildProcess;
  readonly name: string;
}

function waitForLine(pattern: RegExp, { lines, heard, child, name }: Listening): Promise<string> {
  const said = lines.find((line) => pattern.test(line));
  if (said !== undefined) return Promise.resolve(said);
  return new Promise((resolve, reject) => {
    const fail = (): void =>
      reject(new Error(`${name} ended (${child.exitCode}) without saying ${pattern}:\n${lines.join('\n')}`));
    if (child.exitCode !== null || child.signalCode !== null) return fail();
    heard.once('end', fail);
    heard.on('line', function check(line: string): void {
      if (!pattern.test(line)) return;
      heard.off('line', check).off('end', fail);
      resolve(line);
    });
  });
}

function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => !name.startsWith('PROVOST_') && name !== 'DATABASE_URL',
  );
  return { NODE_ENV: 'test', ...Object.fromEntries(kept) };
}
