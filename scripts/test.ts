/**
 * `npm test`: every stage one line, then the sum. `--stage <name>` runs that one only (`interop` runs only when asked
 * for). Exit code 0 only when nothing failed and nothing was skipped.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startTestCluster, type TestCluster } from '../tests/support/postgres.ts';
import { isStageName, STAGES, type StageName, type StageResult, USUAL_STAGES } from './test-stages.ts';

const root = path.resolve(import.meta.dirname, '..');
process.chdir(root);
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const wanted = args.flatMap((arg, index) => (args[index - 1] === '--stage' ? [arg] : []));
  const bad = wanted.find((name) => !isStageName(name));
  if (bad !== undefined) {
    console.error(`There is no stage "${bad}": ${Object.keys(STAGES).join(', ')}`);
    return 64;
  }
  const names = wanted.length === 0 ? USUAL_STAGES : wanted.filter(isStageName);
  const total = await runStages(names);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 && total.skipped === 0 && total.passed > 0 ? 0 : 1;
}

async function runStages(names: readonly StageName[]): Promise<StageResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'provost-test-'));
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
  const total = { passed: 0, failed: 0, skipped: 0, output: '' };
  let cluster: TestCluster | null = null;
  try {
    for (const name of names) {
      if (stopping.signal.aborted) break;
      const stage = STAGES[name];
      if (stage.needsDatabase) cluster ??= await startTestCluster();
      const env = testEnvironment(cluster);
      const startedAt = performance.now();
      const result = await stage.run({ root, folder, env, signal: stopping.signal });
      report(name, result, (performance.now() - startedAt) / 1000);
      total.passed += result.passed;
      total.failed += result.failed;
      total.skipped += result.skipped;
    }
  } finally {
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  if (stopping.signal.aborted) total.failed += 1;
  return total;
}

function report(name: string, result: StageResult, seconds: number): void {
  if (result.failed > 0 || result.skipped > 0) console.log(result.output.trimEnd());
  const counts = `${result.passed}/${result.failed}/${result.skipped}`;
  console.log(`${name.padEnd(8)} ${counts.padEnd(14)} ${seconds.toFixed(1)} s`);
}

/** Settings of an installation on this machine must not reach the tests. */
function testEnvironment(cluster: TestCluster | null): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PROVOST_') && name !== 'DATABASE_URL' && name !== 'PORT',
  );
  return {
    ...Object.fromEntries(kept),
    NODE_ENV: 'test',
    NEXT_TELEMETRY_DISABLED: '1',
    ...(cluster === null ? {} : { PROVOST_TEST_DATABASE: cluster.adminUrl }),
  };
}
