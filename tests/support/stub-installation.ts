/** `npm start` as it is, around stub children, without build and seed. Takes its settings from the environment. */
import path from 'node:path';
import { readEnvironment } from '#lib/system/env.ts';
import { runInstallation } from '../../scripts/installation.ts';

const reading = readEnvironment(process.env);
if (!reading.ok) throw new Error(reading.problems.join('\n'));
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
const child = path.join(import.meta.dirname, 'stub-child.ts');

process.exit(
  await runInstallation({
    root: path.resolve(import.meta.dirname, '..', '..'),
    environment: reading.value,
    env: process.env,
    commands: { worker: [process.execPath, child, 'worker'], web: [process.execPath, child, 'web'] },
    prepare: async () => ({ ok: true, password: 'generated', seeded: Promise.resolve(null) }),
    build: async () => ({ ok: true }),
    summarise: (password) => console.log(`summary ${password}`),
    say: (line) => console.log(line),
    logsToFiles: false,
    stop: stopping.signal,
    backOff: { firstMs: 20, largestMs: 80, resetMs: 60_000 },
  }),
);
