/**
 * A whole installation for the browser: database, worker and console on free ports. Runs on its own, says in one line
 * of JSON where everything is, and ends with SIGTERM.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readEnvironment } from '#lib/system/env.ts';
import { createVault } from '#lib/system/secrets.ts';
import { ensureBuild } from '../../scripts/build.ts';
import { childEnvironment, webEnvironment } from '../../scripts/child-environment.ts';
import { prepareDatabase } from '../../scripts/database.ts';
import { createEmptyDatabase } from '../support/postgres.ts';
import { projectRoot, type RunningProcess, startNode } from '../support/processes.ts';
import type { InstallationFacts } from './installation-facts.ts';

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());

const dataDir = mkdtempSync(path.join(tmpdir(), 'provost-e2e-'));
const database = await createEmptyDatabase();
const children: RunningProcess[] = [];
try {
  const facts = await start();
  console.log(JSON.stringify(facts));
  await Promise.race([untilStopped(), ...children.map(untilBroken)]);
} finally {
  await Promise.all(children.map((child) => child.stop()));
  keepLogs();
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function start(): Promise<InstallationFacts> {
  const [port, phonePort, securePort, sipPort] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freeUdpPort(),
  ]);
  const key = randomBytes(32);
  const account = {
    email: 'admin@example.net',
    password: 'correct horse battery staple',
    token: 'pvt_live_e2e_token',
  };
  const env: NodeJS.ProcessEnv = {
    ...settings(account),
    NODE_ENV: 'production',
    DATABASE_URL: database.url,
    PORT: String(port),
    PROVOST_SECRET_KEY: key.toString('base64'),
    PROVOST_HTTP_PORT: String(phonePort),
    PROVOST_HTTPS_PORT: String(securePort),
    PROVOST_SIP_PORT: String(sipPort),
  };
  const reading = readEnvironment(env);
  if (!reading.ok) throw new Error(reading.problems.join('\n'));
  const environment = reading.value;
  const vault = createVault(key);
  const all = { ...process.env, ...env };
  const built = await ensureBuild({ root: projectRoot, env: all, say: () => undefined });
  if (!built.ok) throw new Error(built.at);
  const prepared = await prepareDatabase({
    root: projectRoot,
    url: database.url,
    environment,
    env: all,
    vault,
    signal: stopping.signal,
  });
  if (!prepared.ok) throw new Error(prepared.at);
  const worker = startNode('sip-worker/main.ts', [], { env: childEnvironment(env, database.url) });
  const web = startNode('node_modules/next/dist/bin/next', ['start', '-p', String(port)], {
    env: webEnvironment({ env, environment }, database.url, vault),
  });
  children.push(worker, web);
  await Promise.all([
    untilAnswering(`http://127.0.0.1:${port}/api/health`),
    untilAnswering(`http://127.0.0.1:${phonePort}/readyz`),
  ]);
  return {
    ...account,
    webUrl: `http://127.0.0.1:${port}`,
    phoneUrl: `http://127.0.0.1:${phonePort}`,
    databaseUrl: database.url,
    sipPort,
  };
}

function settings(account: { email: string; password: string; token: string }): Record<string, string> {
  return {
    PROVOST_DATA_DIR: dataDir,
    PROVOST_ADMIN_EMAIL: account.email,
    PROVOST_ADMIN_PASSWORD: account.password,
    PROVOST_BOOTSTRAP_TOKEN: account.token,
    PROVOST_SIP_INTERFACES: 'lo',
    PROVOST_TFTP_PORT: '0',
  };
}

/** What the worker and the console said, for whoever looks into a failure. */
function keepLogs(): void {
  const folder = path.join(projectRoot, '.cache', 'e2e');
  mkdirSync(folder, { recursive: true });
  const said = children.flatMap((child) => child.lines);
  writeFileSync(path.join(folder, 'installation.log'), `${said.join('\n')}\n`, { mode: 0o600 });
}

/** Asks again whenever it was refused; a child that ends meanwhile is an error. */
async function untilAnswering(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return;
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 100)), ...children.map(untilBroken)]);
  }
}

async function untilBroken(child: RunningProcess): Promise<never> {
  const { code } = await child.ended;
  throw new Error(`a part of the installation ended with ${code}:\n${child.lines.slice(-40).join('\n')}`);
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
}

function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}
