/** Brings node_modules and the generated database client in line with the files that say what they should be. */
'use strict';

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { notWritable, runStep, withLock } = require('./launcher-steps.cjs');
const { npmCommand } = require('./node-runtime.cjs');

/** `npm ci` when package-lock.json is not the one that was installed. Everything: the build needs development tools too. */
async function installPackages(root, runtime) {
  const wanted = hashOf([path.join(root, 'package-lock.json')]);
  const stamp = path.join(root, 'node_modules', '.provost-lock');
  if (readIfPresent(stamp) === wanted) return;
  await withLock(path.join(root, '.cache'), 'packages', async () => {
    if (readIfPresent(stamp) === wanted) return;
    if (!isInstalled(root)) await runNpmCi(root, runtime);
    writeStamp(stamp, wanted);
  });
}

/** `prisma generate` when the schema or Prisma itself changed. */
async function generateClient(root, runtime) {
  const schema = path.join(root, 'prisma', 'schema.prisma');
  const wanted = hashOf([schema, path.join(root, 'node_modules', 'prisma', 'package.json')]);
  const generated = path.join(root, 'prisma', 'generated');
  const stamp = path.join(generated, '.provost-schema');
  if (readIfPresent(stamp) === wanted) return;
  await withLock(path.join(root, '.cache'), 'client', async () => {
    if (readIfPresent(stamp) === wanted) return;
    const quiet = { CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
    await runStep({
      title: 'Generating the database client',
      command: runtime.node,
      args: [path.join(root, 'node_modules', 'prisma', 'build', 'index.js'), 'generate'],
      cwd: root,
      env: Object.assign({}, runtime.env, quiet),
      hint: 'The database client could not be generated.',
    });
    writeStamp(stamp, wanted);
  });
}

function runNpmCi(root, runtime) {
  try {
    fs.accessSync(root, fs.constants.W_OK);
  } catch (error) {
    throw notWritable(root, error);
  }
  const npm = npmCommand(runtime.node);
  return runStep({
    title: 'Installing packages',
    command: npm.command,
    args: npm.args.concat(
      'ci',
      '--include=dev',
      '--include=optional',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
    ),
    cwd: root,
    env: runtime.env,
    hint: 'The packages could not be installed from npm. Mend what npm says above and try again.',
  });
}

/** Somebody may have run `npm ci` by hand: npm leaves a list of what it installed. */
function isInstalled(root) {
  const installed = readPackages(path.join(root, 'node_modules', '.package-lock.json'));
  const wanted = readPackages(path.join(root, 'package-lock.json'));
  if (!installed || !wanted) return false;
  return Object.keys(wanted).every((place) => {
    const present = installed[place];
    if (place === '' || (!present && wanted[place].optional)) return true;
    return Boolean(present) && present.version === wanted[place].version;
  });
}

function readPackages(file) {
  const text = readIfPresent(file);
  return text === null ? null : JSON.parse(text).packages;
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(fs.readFileSync(file));
  return hash.digest('hex');
}

function readIfPresent(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function writeStamp(file, content) {
  try {
    fs.writeFileSync(file, content);
  } catch (error) {
    throw notWritable(path.dirname(file), error);
  }
}

module.exports = { generateClient, installPackages };
