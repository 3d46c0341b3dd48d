/** One step of the set-up: said when it begins, shown while it lasts, explained when it fails. */
'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** An error whose message is all that a person needs. */
function expected(message) {
  return Object.assign(new Error(message), { isExpected: true });
}

/** Runs a command; what it says is shown only when it fails. */
function runStep(step) {
  const startedAt = Date.now();
  const stopProgress = showProgress(step.title);
  const said = [];
  return new Promise((resolve, reject) => {
    const child = spawn(step.command, step.args, {
      cwd: step.cwd,
      env: step.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (chunk) => said.push(chunk));
    child.stderr.on('data', (chunk) => said.push(chunk));
    child.on('error', (error) => finish(error.message));
    child.on('close', (code) => finish(code === 0 ? null : `it ended with code ${code}`));
    function finish(problem) {
      stopProgress(problem ? 'failed' : `done in ${seconds(startedAt)} s`);
      if (!problem) return resolve();
      reject(expected(`${Buffer.concat(said).toString('utf8').trim()}\n\n${step.hint} (${problem})`));
    }
  });
}

/** On a terminal one line that counts seconds; elsewhere a line now and then, so that nobody thinks it hangs. */
function showProgress(title) {
  const startedAt = Date.now();
  const isTerminal = process.stdout.isTTY;
  process.stdout.write(isTerminal ? `${title} ...` : `${title} ...\n`);
  const timer = setInterval(
    () =>
      process.stdout.write(
        isTerminal ? `\r${title} ... ${seconds(startedAt)} s` : `  ... ${seconds(startedAt)} s\n`,
      ),
    isTerminal ? 1000 : 10000,
  );
  return (outcome) => {
    clearInterval(timer);
    process.stdout.write(isTerminal ? `\r${title} ... ${outcome}\n` : `  ... ${outcome}\n`);
  };
}

function seconds(startedAt) {
  return Math.round((Date.now() - startedAt) / 1000);
}

/** Lets one process at a time do `work`; a lock whose process is gone counts for nothing. */
async function withLock(folder, name, work) {
  const lock = path.join(folder, `${name}.lock`);
  try {
    fs.mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw notWritable(folder, error);
  }
  let hasSaid = false;
  while (!tryLock(lock)) {
    if (!hasSaid) console.log('Waiting for another process that is setting this up ...');
    hasSaid = true;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  try {
    return await work();
  } finally {
    fs.unlinkSync(lock);
  }
}

function tryLock(lock) {
  try {
    fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw notWritable(path.dirname(lock), error);
  }
  const holder = readHolder(lock);
  // A holder that has not written its number yet is a moment old.
  if (holder !== 0 && !isAlive(holder)) fs.unlinkSync(lock);
  return false;
}

function readHolder(lock) {
  try {
    return Number(fs.readFileSync(lock, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return 0;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Says who owns a folder that we cannot write to. */
function notWritable(folder, error) {
  const existing = fs.existsSync(folder) ? folder : path.dirname(folder);
  const owner = fs.statSync(existing).uid;
  const self = process.getuid ? process.getuid() : owner;
  if (owner === self) return expected(`${folder} cannot be written to: ${error.message}`);
  return expected(
    `${existing} belongs to user ${owner}, and this is user ${self}: run it as user ${owner}, or give the folder away with chown -R.`,
  );
}

module.exports = { expected, notWritable, runStep, withLock };
