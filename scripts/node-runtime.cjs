/** Finds a Node that runs TypeScript without a build: this one, else one from npm, kept in the project's cache. */
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { expected, runStep, withLock } = require('./launcher-steps.cjs');

const VERSION = '24.21.0';

/** `node` is the binary to run everything with; `env` puts it first for whatever is started below. */
async function findRuntime(root) {
  if (isNewEnough(process.versions.node)) return { node: process.execPath, env: {} };
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const packageName = `node-${system}-${process.arch}`;
  const home = path.join(root, '.cache', `node-${VERSION}`);
  const bin = path.join(home, 'node_modules', packageName, 'bin');
  const node = path.join(bin, process.platform === 'win32' ? 'node.exe' : 'node');
  if (!fs.existsSync(node))
    await withLock(path.join(root, '.cache'), `node-${VERSION}`, async () => {
      if (!fs.existsSync(node)) await fetchNode(packageName, home);
    });
  const env = {
    PATH: bin + path.delimiter + process.env.PATH,
    NODE: node,
    npm_node_execpath: node,
  };
  return { node, env };
}

/** Types are stripped without a flag from 22.18 on, and in every line from 24 on. */
function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major >= 24 || (major === 22 && minor >= 18);
}

/** Installed beside its place and renamed when complete, so that a fetch that was stopped leaves nothing half. */
async function fetchNode(packageName, home) {
  const draft = `${home}.${process.pid}`;
  fs.mkdirSync(draft, { recursive: true });
  const npm = npmCommand(process.execPath);
  const options = ['--prefix', draft, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  await runStep({
    title: `This is Node ${process.versions.node}; fetching Node ${VERSION} for Provost alone`,
    command: npm.command,
    args: npm.args.concat('install', `${packageName}@${VERSION}`, options),
    cwd: draft,
    env: process.env,
    hint: `Node ${VERSION} could not be fetched from npm. Provost needs Node 22.18 or newer: install it, or mend the network, and try again.`,
  });
  try {
    fs.renameSync(draft, home);
  } catch (error) {
    throw expected(`Node ${VERSION} was fetched but could not be put into ${home}: ${error.message}`);
  }
}

/** npm's own program, to be run by a Node of our choice; the one that runs us, else the one beside Node, else the PATH's. */
function npmCommand(node) {
  const folder = path.dirname(process.execPath);
  const candidates = [
    process.env.npm_execpath,
    path.join(folder, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    path.join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    path.join(folder, '..', 'share', 'nodejs', 'npm', 'bin', 'npm-cli.js'),
  ];
  const found = candidates.find((file) => file && /npm-cli\.js$/.test(file) && fs.existsSync(file));
  return found ? { command: node, args: [found] } : { command: 'npm', args: [] };
}

module.exports = { findRuntime, npmCommand };
