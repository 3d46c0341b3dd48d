/** What a person needs to know once everything runs: where the console is, who may sign in, what phones are told. */
import { networkInterfaces } from 'node:os';
import type { Environment } from '#lib/system/env.ts';
import { secretKeyFile } from '#lib/system/secrets.ts';

export interface SummaryFacts {
  readonly environment: Environment;
  /** Generated just now; null when it is known already. */
  readonly password: string | null;
  readonly tftpPort: number;
}

export function writeSummary({ environment, password, tftpPort }: SummaryFacts): string {
  const addresses = ownAddresses();
  const { roles } = environment;
  const consoles =
    environment.url === null
      ? ['localhost', ...addresses].map((host) => `http://${host}:${environment.port}`)
      : [environment.url];
  const base =
    environment.publicBase === null
      ? addresses.map((host) => `http://${host}:${environment.httpPort}/`)
      : [`${environment.publicBase}/`];
  const rows: [string, string[]][] = [
    ['Console', consoles],
    ['Administrator', [administrator(environment, password)]],
    ['Phones, HTTP', roles.has('http') ? base : []],
    [
      'Phones, TFTP',
      roles.has('tftp') ? addresses.map((host) => (tftpPort === 69 ? host : `${host}:${tftpPort}`)) : [],
    ],
    [
      'Phones, PnP',
      roles.has('pnp') ? [`SIP group ${environment.sipGroup}, UDP port ${environment.sipPort}`] : [],
    ],
    ['Secret key', [environment.secretKey ? 'from PROVOST_SECRET_KEY' : secretKeyFile(environment.dataDir)]],
  ];
  const lines = rows.flatMap(([title, values]) =>
    values.map((value, index) => `  ${(index === 0 ? title : '').padEnd(15)}${value}`),
  );
  return ['', 'Provost is running. Ctrl-C stops it.', '', ...lines, ''].join('\n');
}

function administrator(environment: Environment, password: string | null): string {
  if (password === null) return environment.adminEmail;
  return `${environment.adminEmail}, password ${password} (shown this once)`;
}

function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outward = all.filter((entry) => entry.family === 'IPv4' && !entry.internal);
  return outward.length > 0 ? outward.map((entry) => entry.address) : ['127.0.0.1'];
}
