#!/usr/bin/env node
/**
 * Entry of every npm script, in plain old JavaScript (Node 14.18 and newer), so that it can help where the installed
 * Node is too old: it fetches a newer one, installs packages, generates the database client, and only then starts the
 * program itself. Each step is taken only when something changed.
 */
'use strict';

const { spawn } = require('node:child_process');
const os = require('node:os');
const path = require('node:path');
const { findRuntime } = require('./node-runtime.cjs');
const { installPackages, generateClient } = require('./packages.cjs');

const ROOT = path.resolve(__dirname, '..');

const PROGRAMS = {
  start: ['scripts/start.ts'],
  worker: ['scripts/start.ts', 'worker'],
  web: ['scripts/start.ts', 'web'],
  phone: ['sip-worker/simulator/main.ts'],
  test: ['scripts/test.ts'],
  interop: ['scripts/test.ts', '--stage', 'interop'],
  bench: ['bench/main.ts'],
  seed: ['prisma/seed-fleet.ts'],
  screenshots: ['scripts/screenshots.ts'],
};

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(error.isExpected ? error.message : error);
    process.exitCode = 1;
  },
);

async function main(args) {
  const program = Object.hasOwn(PROGRAMS, args[0]) ? PROGRAMS[args[0]] : null;
  if (!program) {
    console.error(`Usage: node scripts/launcher.cjs ${Object.keys(PROGRAMS).join('|')} [arguments]`);
    return 64;
  }
  process.chdir(ROOT);
  const runtime = await findRuntime(ROOT);
  const env = Object.assign({}, process.env, runtime.env);
  await installPackages(ROOT, { node: runtime.node, env });
  await generateClient(ROOT, { node: runtime.node, env });
  const flags = ['--disable-warning=ExperimentalWarning'];
  return run(runtime.node, flags.concat(program, args.slice(1)), env);
}

/** Runs the program in this one's place: same terminal, signals passed on, same exit code. */
function run(command, args, env) {
  const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C in a terminal reaches the whole group, so the child has it already.
      if (!(signal === 'SIGINT' && process.stdin.isTTY)) child.kill(signal);
    });
  }
  watchParent(() => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ? 128 + os.constants.signals[signal] : code));
  });
}

/** An npm that was killed cannot pass that on; what it ran ends with it all the same, in good order. */
function watchParent(end) {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, 250);
  timer.unref();
}
