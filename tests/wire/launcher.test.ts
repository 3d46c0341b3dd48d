import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectRoot, type RunningProcess, startProcess } from '../support/processes.ts';

/** Tells on each run that it ran, then makes what `prisma generate` makes. */
const GENERATOR = `const fs = require('node:fs');
fs.mkdirSync('prisma/generated', { recursive: true });
fs.appendFileSync('generated.log', 'x');`;

const PROGRAM = `import process from 'node:process';
console.log('started', process.argv.slice(2).join(','), process.versions.node);
process.on('SIGTERM', () => process.exit(7));
if (process.argv.includes('wait')) setInterval(() => {}, 1000);
else process.exitCode = Number(process.argv[2] ?? 0);`;

let root: string;

/** A project of its own that the launcher takes for Provost: one local package, one program. */
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'provost-launcher-'));
  for (const folder of ['scripts', 'prisma', 'stub/build'])
    mkdirSync(path.join(root, folder), { recursive: true });
  const sources = path.join(projectRoot, 'scripts');
  for (const file of readdirSync(sources).filter((name) => name.endsWith('.cjs')))
    copyFileSync(path.join(sources, file), path.join(root, 'scripts', file));
  writeJson('stub/package.json', { name: 'prisma', version: '1.0.0' });
  writeFileSync(path.join(root, 'stub/build/index.js'), GENERATOR);
  writeFileSync(path.join(root, 'prisma/schema.prisma'), 'model A {}\n');
  writeFileSync(path.join(root, 'scripts/start.ts'), PROGRAM);
  writeLock('1.0.0');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function writeJson(file: string, content: unknown): void {
  writeFileSync(path.join(root, file), JSON.stringify(content));
}

function writeLock(version: string): void {
  const own = { name: 'project', version, dependencies: { prisma: 'file:stub' } };
  writeJson('package.json', { ...own, type: 'module' });
  writeJson('package-lock.json', {
    name: 'project',
    version,
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': own,
      'node_modules/prisma': { resolved: 'stub', link: true },
      stub: { name: 'prisma', version: '1.0.0' },
    },
  });
}

function launch(...args: string[]): RunningProcess {
  return startProcess(process.execPath, [path.join(root, 'scripts/launcher.cjs'), ...args], {
    cwd: tmpdir(),
  });
}

function generations(): number {
  return readFileSync(path.join(root, 'generated.log'), 'utf8').length;
}

test('the first run installs and generates, the second does neither', async () => {
  const first = launch('start');
  expect((await first.ended).code).toBe(0);
  expect(first.lines.join('\n')).toMatch(
    /Installing packages[\s\S]*Generating the database client[\s\S]*started/,
  );
  const second = launch('start');
  expect((await second.ended).code).toBe(0);
  expect(second.lines).toHaveLength(1);
  expect(generations()).toBe(1);
});

test('packages that were installed by hand are not installed again', async () => {
  await launch('start').ended;
  rmSync(path.join(root, 'node_modules/.provost-lock'));
  const run = launch('start');
  await run.ended;
  expect(run.lines.join('\n')).not.toContain('Installing packages');
});

test('a changed schema is generated again', async () => {
  await launch('start').ended;
  writeFileSync(path.join(root, 'prisma/schema.prisma'), 'model B {}\n');
  await launch('start').ended;
  expect(generations()).toBe(2);
});

test('two at once on a fresh clone install once', async () => {
  const runs = [launch('start'), launch('start')];
  const endings = await Promise.all(runs.map((run) => run.ended));
  expect(endings.map((ending) => ending.code)).toEqual([0, 0]);
  const said = runs.flatMap((run) => run.lines).filter((line) => line.startsWith('Installing packages'));
  expect(said).toHaveLength(1);
  expect(existsSync(path.join(root, '.cache/packages.lock'))).toBe(false);
});

test('a lock that a killed run left does not stop the next one', async () => {
  const gone = launch('nothing');
  await gone.ended;
  mkdirSync(path.join(root, '.cache'));
  writeFileSync(path.join(root, '.cache/packages.lock'), String(gone.pid));
  expect((await launch('start').ended).code).toBe(0);
});

test('packages that cannot be installed are said in a line that tells what to do', async () => {
  writeFileSync(path.join(root, 'package-lock.json'), '{}');
  const run = launch('start');
  expect((await run.ended).code).toBe(1);
  expect(run.lines.join('\n')).toContain('The packages could not be installed from npm.');
  expect(run.lines.join('\n')).not.toContain('    at ');
});

test('arguments, exit code and signals are passed on', async () => {
  const ending = launch('start', '5', 'x');
  expect((await ending.ended).code).toBe(5);
  expect(ending.lines).toContain(`started 5,x ${process.versions.node}`);
  const waiting = launch('start', 'wait');
  await waiting.waitForLine(/^started/);
  expect((await waiting.stop()).code).toBe(7);
});

test('an unknown task is answered with those that exist', async () => {
  const run = launch('strat');
  expect((await run.ended).code).toBe(64);
  expect(run.lines.join()).toContain('start|worker|web|phone|test');
});
