/** Runs inside a network namespace: a responder on a wire of its own, and SIPp as so many phones. Prints what came of it as JSON. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { startPnpServer } from '../../sip-worker/pnp/server.ts';
import { ip } from '../support/namespace.ts';

const [folder = '.', phones = '100'] = process.argv.slice(2);
const macs = path.join(folder, 'macs.csv');

await ip('link set lo up');
await ip('link add wire0 type veth peer name wire1');
await ip('link set wire1 up');
await ip('address add 10.77.0.1/24 dev wire0');
await ip('address add 10.77.0.2/24 dev wire0');
await ip('link set wire0 up multicast on');
await ip('route add 224.0.0.0/4 dev wire0');
const rows = Array.from(
  { length: Number(phones) },
  (_, index) => `0021f2${(0x100000 + index).toString(16)};`,
);
writeFileSync(macs, `SEQUENTIAL\n${rows.join('\n')}\n`);

const kinds: Record<string, number> = {};
const problems: string[] = [];
const server = await startPnpServer({
  sockets: { group: '224.0.1.75', port: 5060, interfaces: ['wire0'] },
  policy: {
    decide: (request) => ({
      answer: true,
      url: `tftp://10.77.0.1/${request.mac}.cfg`,
      rule: 'every phone',
      deviceId: null,
    }),
  },
  observe: (event) => {
    kinds[event.kind] = (kinds[event.kind] ?? 0) + 1;
  },
  onProblem: (problem) => problems.push(problem.message),
  limits: { perSourcePerSecond: 10_000, overallPerSecond: 10_000, mostSources: 16, mostExchanges: 10_000 },
});
const scenario = path.join(import.meta.dirname, 'pnp-phone.xml');
const args = [
  '-sf',
  scenario,
  '-inf',
  macs,
  '-i',
  '10.77.0.2',
  '-p',
  '5062',
  '-m',
  phones,
  '-r',
  '50',
  '-nostdin',
  '-timeout',
  '30',
];
const sipp = await promisify(execFile)('sipp', [...args, '224.0.1.75:5060'], { cwd: folder }).then(
  () => 'every call succeeded',
  (error: Error & { stdout?: string }) => `${error.message}\n${error.stdout ?? ''}`.slice(0, 4_000),
);
await server.close();
console.log(JSON.stringify({ sipp, kinds, problems }));
