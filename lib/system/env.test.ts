import { expect, test } from 'vitest';
import { readEnvironment } from './env.ts';
import { isInNetworks } from './network.ts';

test('an empty environment gives the documented defaults', () => {
  const reading = readEnvironment({}, '/srv/provost');
  expect(reading).toMatchObject({
    ok: true,
    value: {
      databaseUrl: null,
      port: 3000,
      dataDir: '/srv/provost/.data',
      secretKey: null,
      adminEmail: 'admin@localhost',
      adminPassword: null,
      httpPort: 8080,
      httpsPort: 8443,
      tftpPort: null,
      sipPort: 5060,
      sipGroup: '224.0.1.75',
      sipInterfaces: null,
      publicBase: null,
      trustedProxies: [],
      sites: null,
    },
  });
  expect(reading.ok && [...reading.value.roles]).toEqual(['pnp', 'http', 'https', 'tftp', 'actions', 'jobs']);
  expect(reading.ok && reading.value.metricsNetworks.map((network) => network.text)).toEqual([
    '127.0.0.0/8',
    '::1/128',
  ]);
});

test('good values are typed', () => {
  const reading = readEnvironment({
    DATABASE_URL: 'postgresql://provost:pw@db.example.net/provost',
    PORT: '3100',
    PROVOST_DATA_DIR: '/var/lib/provost',
    PROVOST_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    PROVOST_URL: 'https://console.example.net/',
    PROVOST_TFTP_PORT: '6969',
    PROVOST_SIP_INTERFACES: 'eth0, 10.0.0.5',
    PROVOST_PUBLIC_BASE: 'http://phones.example.net:8080/',
    PROVOST_TRUSTED_PROXIES: '10.1.2.3/8, 192.0.2.7,fd00::/8',
    PROVOST_ROLES: 'http,tftp',
    PROVOST_SITES: 'berlin,munich',
  });
  expect(reading).toMatchObject({
    ok: true,
    value: {
      port: 3100,
      dataDir: '/var/lib/provost',
      secretKey: Buffer.alloc(32, 7),
      url: 'https://console.example.net',
      tftpPort: 6969,
      sipInterfaces: ['eth0', '10.0.0.5'],
      publicBase: 'http://phones.example.net:8080',
      roles: new Set(['http', 'tftp']),
      sites: ['berlin', 'munich'],
    },
  });
  expect(reading.ok && reading.value.trustedProxies.map((network) => network.text)).toEqual([
    '10.0.0.0/8',
    '192.0.2.7/32',
    'fd00::/8',
  ]);
});

test('an empty value counts as not set', () => {
  expect(readEnvironment({ PORT: '', PROVOST_ROLES: '', PROVOST_URL: '' })).toMatchObject({
    ok: true,
    value: { port: 3000, url: null },
  });
});

const BAD: readonly [name: string, value: string][] = [
  ['DATABASE_URL', 'mysql://localhost/provost'],
  ['PORT', '70000'],
  ['PROVOST_SECRET_KEY', 'c2hvcnQ='],
  ['PROVOST_ADMIN_EMAIL', 'nobody'],
  ['PROVOST_BOOTSTRAP_TOKEN', 'two words'],
  ['PROVOST_URL', 'console.example.net'],
  ['PROVOST_HTTP_PORT', 'http'],
  ['PROVOST_HTTPS_PORT', '-1'],
  ['PROVOST_TFTP_PORT', '6969.5'],
  ['PROVOST_SIP_PORT', '1e3'],
  ['PROVOST_SIP_GROUP', '10.0.0.1'],
  ['PROVOST_SIP_INTERFACES', 'eth0 eth1'],
  ['PROVOST_PUBLIC_BASE', 'ftp://phones.example.net'],
  ['PROVOST_TRUSTED_PROXIES', '10.0.0.0/33'],
  ['PROVOST_METRICS_NETWORKS', '10.1/8'],
  ['PROVOST_ROLES', 'http,sip'],
  ['PROVOST_SITES', 'a b'],
];

test.each(BAD)('a bad %s is one line that begins with its name', (name, value) => {
  const reading = readEnvironment({ [name]: value });
  expect(reading.ok).toBe(false);
  expect(!reading.ok && reading.problems).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
});

test('every bad variable is named at once', () => {
  const reading = readEnvironment(Object.fromEntries(BAD));
  expect(!reading.ok && reading.problems.map((line) => line.split(':')[0])).toEqual(
    BAD.map(([name]) => name),
  );
});

test('an unknown name is refused with the nearest known one', () => {
  const reading = readEnvironment({ PROVOST_HTPP_PORT: '80' });
  expect(!reading.ok && reading.problems).toEqual([
    'PROVOST_HTPP_PORT: is not a setting of Provost; did you mean PROVOST_HTTP_PORT?',
  ]);
});

test('a refused secret is not repeated', () => {
  const reading = readEnvironment({ PROVOST_SECRET_KEY: 'hunter2', DATABASE_URL: 'hunter2' });
  expect(!reading.ok && reading.problems.join('\n')).not.toContain('hunter2');
});

test('a mapped IPv4 address is in its IPv4 network, and nothing else is', () => {
  const reading = readEnvironment({ PROVOST_TRUSTED_PROXIES: '10.0.0.0/8,fe80::/10' });
  const networks = reading.ok ? reading.value.trustedProxies : [];
  expect(isInNetworks('::ffff:10.9.8.7', networks)).toBe(true);
  expect(isInNetworks('fe80::1%eth0', networks)).toBe(true);
  expect(isInNetworks('11.0.0.1', networks)).toBe(false);
  expect(isInNetworks('not an address', networks)).toBe(false);
});
