/**
 * Runs in a network namespace of its own: a worker with a phone LAN, a public address and a container bridge, and nginx in
 * front of it on the same machine. Asks for a phone's account file by curl from every side and prints what came back.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createFileHttpServer } from '../../sip-worker/files/http-server.ts';
import { createLocalNetworks } from '../../sip-worker/files/local-networks.ts';
import { createFileWorker } from '../support/file-worker.ts';
import { ip } from '../support/namespace.ts';
import { openRaw } from '../support/raw-http.ts';
import { servedDevice, servedSite } from '../support/replica-view.ts';

const run = promisify(execFile);
const MAC = '0021f222b01d';
const SECRET = `secret of ${MAC}`;
const LAN_PHONE = '10.20.0.5';
const PUBLIC_CLIENT = '203.0.113.7';
const BRIDGE = '172.17.0.1';
/** nginx as an administrator sets it up: appending the client, naming it alone, or only leaving its own mark. */
const FRONTS = {
  8101: 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
  8102: 'proxy_set_header X-Real-IP $remote_addr;',
  8103: 'proxy_set_header Via "1.1 nginx";',
} as const;

export interface SceneResult {
  /** By question, the status and whether the account's secret was in the body. */
  readonly answers: Readonly<Record<string, string>>;
}

interface Question {
  readonly port: number;
  readonly from: string;
  readonly path?: string;
  readonly headers?: readonly string[];
}

async function main(): Promise<SceneResult> {
  await buildNetwork();
  const folder = mkdtempSync(path.join(tmpdir(), 'provost-nginx-'));
  const near = await startWorker([]);
  const trusting = await startWorker(['127.0.0.0/8', BRIDGE]);
  const nginx = startNginx(folder, near.port, 0);
  const trusted = startNginx(folder, trusting.port, 100);
  await Promise.all([...Object.keys(FRONTS), '8201'].map((port) => untilOpen(Number(port))));
  try {
    return { answers: await askAll(near.port) };
  } finally {
    nginx.kill('SIGKILL');
    trusted.kill('SIGKILL');
    await Promise.all([near.close(), trusting.close()]);
    rmSync(folder, { recursive: true });
  }
}

async function buildNetwork(): Promise<void> {
  await ip('link set lo up');
  await ip('link add lan0 type veth peer name lan1');
  await ip('addr add 10.20.0.1/24 dev lan0');
  await ip(`addr add ${LAN_PHONE}/32 dev lo`);
  await ip('addr add 203.0.113.9/24 dev lan1');
  await ip(`addr add ${PUBLIC_CLIENT}/32 dev lo`);
  await ip('link add docker0 type bridge');
  await ip(`addr add ${BRIDGE}/16 dev docker0`);
  for (const name of ['lan0', 'lan1', 'docker0']) await ip(`link set ${name} up`);
}

async function startWorker(proxies: readonly string[]) {
  const worker = createFileWorker({
    devices: [servedDevice(MAC)],
    sites: [servedSite('default')],
    proxies,
    listLocalNetworks: createLocalNetworks(),
  });
  const server = createFileHttpServer({ ...worker.hooks, pages: null });
  const { port } = await server.listen({ port: 0 });
  return { port, close: () => server.close(0) };
}

function startNginx(folder: string, upstream: number, offset: number) {
  const servers = Object.entries(FRONTS).map(
    ([port, header]) => `server { listen ${Number(port) + offset};
      location / { proxy_pass http://127.0.0.1:${upstream}; ${header} } }
    server { listen ${Number(port) + offset + 10};
      location / { proxy_pass http://127.0.0.1:${upstream}; proxy_bind ${BRIDGE}; ${header} } }`,
  );
  const file = path.join(folder, `nginx-${offset}.conf`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name}-${offset};`,
  );
  writeFileSync(
    file,
    `user root; daemon off; master_process off; pid ${folder}/${offset}.pid; error_log stderr warn;
     events {} http { access_log off; ${temporary.join(' ')} ${servers.join('\n')} }`,
  );
  const nginx = spawn('nginx', ['-c', file, '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'inherit'] });
  nginx.on('exit', (code) => code !== null && process.exit(1));
  return nginx;
}

async function untilOpen(port: number): Promise<void> {
  for (;;) {
    const socket = await openRaw({ port }).catch(() => null);
    if (socket) {
      socket.destroy();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function ask({ port, from, path: target = `/${MAC}.cfg`, headers = [] }: Question): Promise<string> {
  const extra = headers.flatMap((header) => ['-H', header]);
  const host = from === '127.0.0.1' ? '127.0.0.1' : '203.0.113.9';
  const words = ['-s', '--max-time', '5', '--interface', from, '-w', '\n%{http_code}', ...extra];
  const { stdout } = await run('curl', [...words, `http://${host}:${port}${target}`]);
  return `${stdout.trim().split('\n').at(-1)} ${stdout.includes(SECRET) ? 'secret' : 'nothing'}`;
}

async function askAll(direct: number): Promise<Record<string, string>> {
  const spoof = ['X-Forwarded-For: 10.20.0.5'];
  const spoofReal = ['X-Real-IP: 10.20.0.5'];
  const token = `/d/token-${MAC}/${MAC}.cfg`;
  const questions: Record<string, Question> = {
    'direct from the phone LAN': { port: direct, from: LAN_PHONE },
    'direct from loopback': { port: direct, from: '127.0.0.1' },
    'direct from the public': { port: direct, from: PUBLIC_CLIENT },
    'direct from the bridge': { port: direct, from: BRIDGE },
    'direct from the public, naming a phone': { port: direct, from: PUBLIC_CLIENT, headers: spoof },
    'direct from the public, by token': { port: direct, from: PUBLIC_CLIENT, path: token },
    'unknown proxy, public': { port: 8101, from: PUBLIC_CLIENT },
    'unknown proxy with X-Real-IP, public': { port: 8102, from: PUBLIC_CLIENT },
    'unknown proxy with Via, public': { port: 8103, from: PUBLIC_CLIENT },
    'unknown proxy, public naming a phone': { port: 8101, from: PUBLIC_CLIENT, headers: spoof },
    'unknown proxy, phone LAN': { port: 8101, from: LAN_PHONE },
    'unknown proxy over the bridge, public': { port: 8111, from: PUBLIC_CLIENT },
    'unknown proxy, public, by token': { port: 8101, from: PUBLIC_CLIENT, path: token },
    'trusted proxy, public': { port: 8201, from: PUBLIC_CLIENT },
    'trusted proxy, phone LAN': { port: 8201, from: LAN_PHONE },
    'trusted proxy, public naming a phone': { port: 8201, from: PUBLIC_CLIENT, headers: spoof },
    'trusted proxy, public naming a phone as X-Real-IP': {
      port: 8201,
      from: PUBLIC_CLIENT,
      headers: spoofReal,
    },
    'trusted proxy with X-Real-IP, public naming a phone': {
      port: 8202,
      from: PUBLIC_CLIENT,
      headers: spoof,
    },
    'trusted proxy with X-Real-IP, phone LAN': { port: 8202, from: LAN_PHONE },
    'trusted proxy with Via alone, public': { port: 8203, from: PUBLIC_CLIENT },
    'trusted proxy over the bridge, phone LAN': { port: 8211, from: LAN_PHONE },
    'trusted proxy over the bridge, public': { port: 8211, from: PUBLIC_CLIENT },
  };
  const answers: Record<string, string> = {};
  for (const [name, question] of Object.entries(questions)) answers[name] = await ask(question);
  return answers;
}

console.log(JSON.stringify(await main()));
