/** Builds the console, only when something that goes into it changed since the last time. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { signalGroup } from './process-book.ts';

const SOURCES = [
  'app',
  'components',
  'lib',
  'public',
  'prisma/schema.prisma',
  'next.config.js',
  'postcss.config.js',
  'instrumentation.ts',
  'proxy.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

export interface BuildOptions {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** `at` holds what the build said. */
export type BuildResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'failed'; readonly at: string };

export async function ensureBuild(options: BuildOptions): Promise<BuildResult> {
  const stamp = path.join(options.root, '.next', 'provost-build');
  const wanted = hashSources(options.root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { ok: true };
  const startedAt = performance.now();
  const seconds = (): string => ((performance.now() - startedAt) / 1000).toFixed(0);
  options.say('Building the console (once per version) ...');
  const timer = setInterval(() => options.say(`  ... still building (${seconds()} s)`), 10_000);
  const said = await runBuild(options).finally(() => clearInterval(timer));
  if (said !== null) return { ok: false, reason: 'failed', at: said };
  writeFileSync(stamp, wanted);
  options.say(`  ... built in ${seconds()} s`);
  return { ok: true };
}

/** null when it went well, else what it said. */
function runBuild({ root, env, signal }: BuildOptions): Promise<string | null> {
  const next = path.join(root, 'node_modules', 'next', 'dist', 'bin', 'next');
  const child = spawn(process.execPath, [next, 'build'], {
    cwd: root,
    env: { ...env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const cancel = (): void => {
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
  };
  signal?.addEventListener('abort', cancel);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => {
      signal?.removeEventListener('abort', cancel);
      resolve(
        code === 0 ? null : Buffer.concat(said).toString('utf8').trimEnd() || `it ended with code ${code}`,
      );
    });
  });
}

function hashSources(root: string): string {
  const hash = createHash('sha256').update(process.version);
  for (const file of SOURCES.flatMap((source) => listFiles(path.join(root, source)))) {
    hash.update(`\0${path.relative(root, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function listFiles(target: string): string[] {
  if (!existsSync(target)) return [];
  if (!statSync(target).isDirectory()) return [target];
  return readdirSync(target, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}
