import { describe, expect, test } from 'vitest';
import {
  ACCESS_REFUSAL_TEXT,
  type AccessQuestion,
  type AccessSite,
  type AccessSource,
  decideAccess,
  decideByNetwork,
  type LocalNetwork,
  matchNetworks,
} from './access.ts';

const NOW = Date.parse('2026-11-20T09:00:00Z');

/** A worker with one LAN, a container bridge, and a public address. */
const MACHINE: readonly LocalNetwork[] = [
  local('lo', '127.0.0.1', '127.0.0.1/8'),
  local('eth0', '192.168.50.10', '192.168.50.10/24', { gateway: '192.168.50.1' }),
  local('docker0', '172.17.0.1', '172.17.0.1/16', { isBridge: true }),
  local('eth1', '203.0.113.9', '203.0.113.9/24', { gateway: '203.0.113.1' }),
  local('eth0', 'fd12:3456::10', 'fd12:3456::10/64'),
  local('eth0', 'fe80::10', 'fe80::10/64'),
];

function local(name: string, address: string, cidr: string, more: Partial<LocalNetwork> = {}): LocalNetwork {
  return { name, address, cidr, isBridge: false, gateway: null, ...more };
}

function direct(address: string): AccessSource {
  return { address, via: 'direct' };
}

function site(
  id: string,
  networks: readonly string[] = [],
  enrolmentUntil: string | null = null,
): AccessSite {
  return { id, networks, enrolmentUntil };
}

function ask(changes: Partial<AccessQuestion>): ReturnType<typeof decideAccess> {
  return decideAccess({
    door: 'plain',
    source: direct('192.168.50.77'),
    device: { state: 'active', hasFiles: true },
    sites: [site('default')],
    codeSite: null,
    localNetworks: MACHINE,
    nowMs: NOW,
    ...changes,
  });
}

describe('a plain path without networks of a site', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.9.9.9', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['192.168.50.77', 'on-link'],
    ['::ffff:192.168.50.77', 'on-link'],
    ['fd12:3456::77', 'on-link'],
    ['fe80::77%eth0', 'on-link'],
    ['172.17.0.5', 'on-link'],
  ])('%s is served: %s', (address, because) => {
    expect(ask({ source: direct(address) })).toEqual({ allowed: true, because });
  });

  test.each([
    ['198.51.100.7', 'outside-networks'],
    ['203.0.113.77', 'outside-networks'],
    ['192.168.51.77', 'outside-networks'],
    ['10.0.0.1', 'outside-networks'],
    ['2001:db8::1', 'outside-networks'],
    ['fd99::1', 'outside-networks'],
    ['172.17.0.1', 'bridge-address'],
    ['192.168.50.1', 'gateway-address'],
    ['not an address', 'outside-networks'],
    ['', 'outside-networks'],
  ])('%s is refused: %s', (address, reason) => {
    expect(ask({ source: direct(address) })).toEqual({ allowed: false, reason });
  });
});

describe('a plain path with networks of a site', () => {
  const own = site('location', ['10.1.0.0/16', 'fd01::/32']);
  const parent = site('customer', ['10.0.0.0/8']);

  test.each<[string, readonly AccessSite[], string, boolean]>([
    ['its own network', [own, parent], '10.1.2.3', true],
    ['its own IPv6 network', [own, parent], 'fd01::5', true],
    ["only the parent's network, while it has its own", [own, parent], '10.2.0.1', false],
    ["the parent's network, having none", [site('location'), parent], '10.2.0.1', true],
    ["the grandparent's network, nobody below having any", [site('a'), site('b'), parent], '10.2.0.1', true],
    ["on the worker's wire, but not in the site's network", [own, parent], '192.168.50.77', false],
    ['loopback, always', [own, parent], '127.0.0.1', true],
    ["a gateway that the site's networks name", [site('s', ['192.168.50.1/32'])], '192.168.50.1', true],
    ['a single address without a length', [site('s', ['192.0.2.4'])], '192.0.2.4', true],
    ['a network that nobody can read', [site('s', ['everything'])], '192.168.50.77', false],
  ])('%s', (_title, sites, address, allowed) => {
    expect(ask({ sites, source: direct(address) }).allowed).toBe(allowed);
  });
});

describe('requests that somebody passed on', () => {
  test.each(['127.0.0.1', '192.168.50.77', '172.17.0.1', '10.1.2.3'])(
    'a forwarder that nobody trusts opens no plain path, even at %s',
    (address) => {
      const sites = [site('s', ['10.0.0.0/8', '127.0.0.0/8', '192.168.0.0/16', '172.16.0.0/12'])];
      const source = { address, via: 'untrusted-forwarder' } as const;
      expect(ask({ source, sites })).toEqual({ allowed: false, reason: 'untrusted-forwarder' });
    },
  );

  test('a trusted proxy that does not say for whom it asks opens no plain path', () => {
    expect(ask({ source: { address: '127.0.0.1', via: 'silent-proxy' } })).toMatchObject({
      reason: 'silent-proxy',
    });
  });

  test('the client that a trusted proxy names counts', () => {
    expect(ask({ source: { address: '192.168.50.77', via: 'proxy' } }).allowed).toBe(true);
    expect(ask({ source: { address: '198.51.100.7', via: 'proxy' } }).allowed).toBe(false);
  });

  test("a proxy's word for loopback is another machine's loopback", () => {
    expect(ask({ source: { address: '127.0.0.1', via: 'proxy' } }).allowed).toBe(false);
  });

  test('a token opens its door through any of them', () => {
    const source = { address: '127.0.0.1', via: 'untrusted-forwarder' } as const;
    expect(ask({ door: 'token', source })).toEqual({ allowed: true, because: 'token' });
  });
});

describe('the state of a device, at every door', () => {
  test.each([
    ['active', true, null],
    ['suspended', true, null],
    ['retired', true, null],
    ['retired', false, 'retired'],
    ['active', false, 'nothing-published'],
    ['discovered', true, 'discovered'],
  ] as const)('%s, with files: %s, refused as %s', (state, hasFiles, reason) => {
    for (const door of ['token', 'plain', 'site'] as const) {
      const decision = ask({ door, device: { state, hasFiles }, codeSite: site('default') });
      expect(decision).toMatchObject(reason === null ? { allowed: true } : { allowed: false, reason });
    }
  });
});

describe("a site's bootstrap URL", () => {
  const open = site('s', ['10.0.0.0/8'], '2026-11-20T09:30:00Z');
  const closed = site('s', ['10.0.0.0/8'], '2026-11-20T08:59:59Z');
  const away = direct('198.51.100.7');

  test('serves from anywhere while its enrolment window is open', () => {
    expect(ask({ door: 'site', codeSite: open, sites: [open], source: away })).toEqual({
      allowed: true,
      because: 'enrolment',
    });
  });

  test("serves from the site's networks otherwise", () => {
    expect(ask({ door: 'site', codeSite: closed, sites: [closed], source: direct('10.3.3.3') }).allowed).toBe(
      true,
    );
    expect(ask({ door: 'site', codeSite: closed, sites: [closed], source: away })).toEqual({
      allowed: false,
      reason: 'enrolment-closed',
    });
  });

  test("goes by the networks of the code's site, not of a site below it", () => {
    const below = site('below', ['172.20.0.0/16']);
    const sites = [below, closed];
    expect(ask({ door: 'site', codeSite: closed, sites, source: direct('172.20.0.9') }).allowed).toBe(false);
    expect(ask({ door: 'site', codeSite: closed, sites, source: direct('10.3.3.3') }).allowed).toBe(true);
  });

  test('an enrolment window opens no plain path', () => {
    expect(ask({ sites: [open], source: away }).allowed).toBe(false);
  });
});

test('of several networks the longest match counts', () => {
  expect(matchNetworks('10.1.2.3', ['10.0.0.0/8', '10.1.0.0/16', 'fd00::/8'])).toBe(16);
  expect(matchNetworks('fd00::1', ['10.0.0.0/8', 'fd00::/8'])).toBe(8);
  expect(matchNetworks('192.0.2.1', ['10.0.0.0/8'])).toBeNull();
});

test('a worker without any network of its own serves loopback alone', () => {
  expect(decideByNetwork(direct('127.0.0.1'), [], []).allowed).toBe(true);
  expect(decideByNetwork(direct('192.168.1.1'), [], []).allowed).toBe(false);
});

test('every refusal has words for people', () => {
  for (const text of Object.values(ACCESS_REFUSAL_TEXT)) expect(text.length).toBeGreaterThan(20);
});
