/**
 * `npm start`: everything. `npm run worker`, `npm run web`: one of them alone.
 * Exit codes: 0 stopped in good order, 1 could not run (another start is running, a build or migration failed),
 * 78 bad environment or wrong secret key.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import path from 'node:path';
import { type Environment, EXIT_BAD_CONFIGURATION, readEnvironment } from '#lib/system/env.ts';
import { outliveOutput } from '#lib/system/log.ts';
import { ensureBuild } from './build.ts';
import { prepareDatabase } from './database.ts';
import { runInstallation } from './installation.ts';
import type { InstallationPlan } from './installation-plan.ts';
import { runWebAlone, runWorkerAlone } from './one-process.ts';
import { writeSummary } from './summary.ts';

const root = path.resolve(import.meta.dirname, '..');
process.chdir(root);
outliveOutput();
const reading = readEnvironment(process.env);
if (!reading.ok) {
  for (const problem of reading.problems) console.error(problem);
  process.exit(EXIT_BAD_CONFIGURATION);
}
process.exit(await run(process.argv[2] ?? 'all', reading.value));

async function run(what: string, environment: Environment): Promise<number> {
  const stop = stopSignal();
  const tftpPort = environment.tftpPort ?? ((await mayBindTftp()) ? 69 : 6969);
  const plan: InstallationPlan = {
    root,
    environment,
    env: process.env,
    commands: {
      // A small young generation: a replica of 100,000 phones then needs 223 MiB instead of 330.
      worker: [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        '--max-semi-space-size=8',
        'sip-worker/main.ts',
      ],
      web: [process.execPath, 'node_modules/next/dist/bin/next', 'start', '-p', String(environment.port)],
    },
    prepare: prepareDatabase,
    build: ensureBuild,
    summarise: (password) => console.log(writeSummary({ environment, password, tftpPort })),
    say: (line) => console.log(line),
    logsToFiles: process.stdout.isTTY === true,
    stop,
  };
  if (what === 'worker') return runWorkerAlone(plan);
  if (what === 'web') return runWebAlone(plan);
  return runInstallation(plan);
}

/** Aborts at the first request to stop; more of them, as npm and terminals send, change nothing. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  return stopping.signal;
}

/** Only to say the right number in the summary: the worker finds out for itself. */
async function mayBindTftp(): Promise<boolean> {
  const socket = createSocket('udp4');
  const failed = once(socket, 'error').then(([error]) => error.code === 'EADDRINUSE');
  const bound = once(socket, 'listening').then(() => true);
  socket.bind({ port: 69, address: '127.0.0.1' });
  return Promise.race([bound, failed]).finally(() => socket.close());
}
