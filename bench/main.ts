/**
 * `npm run bench -- [--quick] [--json file] [--only pnp,http,tftp,compile]`: what an answer of ours costs beside the least that Node can do for it, in
 * the same run. Loopback only. It measures and never fails for a figure: figures belong to a machine.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { type Contestant, startContestant } from './contestant.ts';
import {
  type Contest,
  type Crowd,
  compileContest,
  httpContest,
  pnpContest,
  type Servers,
  tftpContest,
} from './contests.ts';
import { makeFleet } from './fleet.ts';
import { findFreePort, type Machine, prepareMachine } from './machine.ts';
import { measureRounds } from './measure.ts';
import { formatHeadings, formatMachine, formatResult, LEGEND, type Result, resultsOf } from './report.ts';

/** Milliseconds: of one pass at most, and of a contest before its last round. */
const FULL = { phones: 10_000, rounds: 5, passMs: 4_000, budgetMs: 11_000 };
const QUICK = { phones: 4_000, rounds: 3, passMs: 800, budgetMs: 2_500 };
const GIVE_UP_MS = 180_000;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string', default: 'pnp,http,tftp,compile' },
  },
});
const plan = options.quick ? QUICK : FULL;
const startedAt = performance.now();
const machine = prepareMachine();
const dataDir = mkdtempSync(path.join(os.tmpdir(), 'provost-bench-'));
process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
setTimeout(giveUp, GIVE_UP_MS).unref();

console.log(formatMachine(machine));
const results = await runContests(machine);
console.log(`\n${LEGEND}`);
console.log(
  `${plan.phones} phones, up to ${plan.rounds} rounds, ${Math.round((performance.now() - startedAt) / 1000)} s`,
);
if (options.json) writeFileSync(options.json, `${JSON.stringify({ machine, plan, results }, null, 2)}\n`);

async function runContests({ pinned }: Machine): Promise<Result[]> {
  const phones = makeFleet(dataDir, plan.phones);
  const started: Contestant[] = [];
  const start = async (file: string): Promise<Contestant> => {
    const args = [dataDir, String(await findFreePort()), String(plan.phones)];
    const contestant = await startContestant(file, args, { pinned });
    started.push(contestant);
    return contestant;
  };
  try {
    const [provost, bare] = await Promise.all([start('provost.ts'), start('bare.ts')]);
    const results: Result[] = [];
    console.log(`\n${formatHeadings()}`);
    for await (const contest of listContests({ provost, bare }, { phones, passMs: plan.passMs }, start))
      results.push(...(await runContest(contest)));
    return results;
  } finally {
    await Promise.all(started.map((contestant) => contestant.stop()));
  }
}

async function* listContests(
  servers: Servers,
  crowd: Crowd,
  start: (file: string) => Promise<Contestant>,
): AsyncGenerator<Contest> {
  const wanted = new Set(options.only.split(','));
  if (wanted.has('pnp')) yield await pnpContest(servers, crowd);
  if (wanted.has('http')) yield httpContest(servers, crowd, 'new');
  if (wanted.has('http')) yield httpContest(servers, crowd, 'kept');
  if (wanted.has('tftp')) yield await tftpContest(servers, crowd);
  if (!wanted.has('compile')) return;
  const compiler = await start('compile.ts');
  yield compileContest(compiler, 'pool');
  yield compileContest(compiler, 'function');
}

async function runContest(contest: Contest): Promise<Result[]> {
  const samples = await measureRounds(contest.entrants, plan);
  contest.close?.();
  const results = resultsOf(contest, samples);
  for (const result of results) console.log(formatResult(result));
  return results;
}

/** A server that hangs, or a datagram that is lost for good. */
function giveUp(): never {
  console.error('No end in sight; giving up.');
  process.exit(1);
}
