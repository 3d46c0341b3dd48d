/** The stages of `npm test`: what each runs, and how its tests are counted. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { ensureBuild } from './build.ts';
import { signalGroup } from './process-book.ts';
import { ensurePrograms, type NeededProgram } from './system-programs.ts';

export interface StageResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Shown when something failed or was skipped. */
  readonly output: string;
}

export interface StageContext {
  readonly root: string;
  /** For reports; removed at the end. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

interface Stage {
  readonly needsDatabase: boolean;
  readonly run: (context: StageContext) => Promise<StageResult>;
}

export const STAGES = {
  types: { needsDatabase: false, run: checkTypes },
  lint: { needsDatabase: false, run: (context) => countAsOne(context, [bin(context, 'biome'), 'check']) },
  layers: {
    needsDatabase: false,
    run: (context) => countAsOne(context, [process.execPath, 'scripts/check-layers.ts']),
  },
  unit: { needsDatabase: false, run: (context) => runVitest(context, 'unit') },
  store: { needsDatabase: true, run: (context) => runVitest(context, 'store') },
  wire: { needsDatabase: true, run: (context) => runVitest(context, 'wire') },
  browser: { needsDatabase: true, run: runBrowser },
  interop: { needsDatabase: true, run: runInterop },
} satisfies Record<string, Stage>;

export type StageName = keyof typeof STAGES;

export const USUAL_STAGES: readonly StageName[] = [
  'types',
  'lint',
  'layers',
  'unit',
  'store',
  'wire',
  'browser',
];

export function isStageName(name: string): name is StageName {
  return Object.hasOwn(STAGES, name);
}

const CHROMIUM: NeededProgram = { program: 'chromium', package: 'chromium' };
const CLIENTS: readonly NeededProgram[] = [
  { program: 'curl', package: 'curl' },
  { program: 'tftp', package: 'tftp-hpa' },
  { program: 'sipp', package: 'sip-tester' },
  { program: 'nginx', package: 'nginx-light' },
];

/** Next writes the types of its routes first; on a fresh clone there are none. */
async function checkTypes(context: StageContext): Promise<StageResult> {
  const generated = await run(context, [bin(context, 'next'), 'typegen']);
  if (generated.code !== 0) return failure(generated.said);
  return countAsOne(context, [bin(context, 'tsc'), '--noEmit']);
}

async function runBrowser(context: StageContext): Promise<StageResult> {
  const missing = await ensurePrograms([CHROMIUM]);
  if (missing !== null) return failure(missing);
  const built = await ensureBuild({ ...context, say: () => undefined });
  if (!built.ok) return failure(built.at);
  const report = path.join(context.folder, 'browser.json');
  const env = { ...context.env, PLAYWRIGHT_JSON_OUTPUT_NAME: report };
  const done = await run({ ...context, env }, [bin(context, 'playwright'), 'test', '--reporter=list,json']);
  return countReport(report, done, (text) => {
    const { stats } = playwrightReport.parse(JSON.parse(text));
    return { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped };
  });
}

async function runInterop(context: StageContext): Promise<StageResult> {
  if (process.getuid?.() !== 0)
    return failure('The interop tests need root: they open namespaces and low ports.');
  const missing = await ensurePrograms(CLIENTS);
  return missing === null ? runVitest(context, 'interop') : failure(missing);
}

const vitestReport = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
});
const playwrightReport = z.object({
  stats: z.object({ expected: z.int(), unexpected: z.int(), flaky: z.int(), skipped: z.int() }),
});

async function runVitest(context: StageContext, project: string): Promise<StageResult> {
  const report = path.join(context.folder, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const done = await run(context, [bin(context, 'vitest'), 'run', '--project', project, ...reporters]);
  return countReport(report, done, (text) => {
    const counts = vitestReport.parse(JSON.parse(text));
    const skipped = counts.numPendingTests + counts.numTodoTests;
    return { passed: counts.numPassedTests, failed: counts.numFailedTests, skipped };
  });
}

type Counts = Omit<StageResult, 'output'>;

/** A runner that failed without a failed test (a file that does not load, a stray rejection) counts as one failure. */
function countReport(report: string, done: Ended, read: (text: string) => Counts): StageResult {
  if (!existsSync(report)) return failure(done.said);
  const counts = read(readFileSync(report, 'utf8'));
  const failed = counts.failed === 0 && done.code !== 0 ? 1 : counts.failed;
  return { ...counts, failed, output: done.said };
}

async function countAsOne(context: StageContext, commandLine: readonly string[]): Promise<StageResult> {
  const { code, said } = await run(context, commandLine);
  return code === 0 ? { passed: 1, failed: 0, skipped: 0, output: said } : failure(said);
}

function failure(output: string): StageResult {
  return { passed: 0, failed: 1, skipped: 0, output };
}

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

function run(context: StageContext, [command = '', ...args]: readonly string[]): Promise<Ended> {
  const child = spawn(command, args, {
    cwd: context.root,
    env: context.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const cancel = (): void => {
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGTERM');
  };
  context.signal.addEventListener('abort', cancel);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, said: error.message }));
    child.once('close', (code) => {
      context.signal.removeEventListener('abort', cancel);
      resolve({ code, said: Buffer.concat(said).toString('utf8') });
    });
  });
}

function bin(context: StageContext, name: string): string {
  return path.join(context.root, 'node_modules', '.bin', name);
}
