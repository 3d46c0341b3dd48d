import { describe, expect, test } from 'vitest';
import type { LocalNetwork } from '#lib/domain/access.ts';
import type { Mac } from '#lib/domain/mac.ts';
import { parseNetwork } from '#lib/system/network.ts';
import {
  createReplicaView,
  type ReplicaContent,
  servedDevice,
  servedFile,
  servedSite,
} from '../../tests/support/replica-view.ts';
import { createFact, toPhoneEvent } from './fact.ts';
import { createFileHandler, type FileRequest, matchesEtag } from './handler.ts';

const MAC = '0021f222b01d';
const TOKEN = `token-${MAC}`;
const LAN: readonly LocalNetwork[] = [
  {
    name: 'eth0',
    address: '192.168.50.10',
    cidr: '192.168.50.10/24',
    isBridge: false,
    gateway: '192.168.50.1',
  },
];
const PHONE = '192.168.50.77';
const AWAY = '198.51.100.7';

interface Setup extends ReplicaContent {
  readonly proxies?: readonly string[];
  readonly neighbours?: Readonly<Record<string, string>>;
}

function setUp(setup: Setup = { devices: [servedDevice(MAC)] }) {
  const clock = { now: Date.parse('2026-11-20T09:00:00Z') };
  const replica = createReplicaView(setup);
  const handler = createFileHandler({
    view: replica.view,
    trustedProxies: (setup.proxies ?? []).flatMap((text) => {
      const network = parseNetwork(text);
      return network.ok ? [network.value] : [];
    }),
    listLocalNetworks: () => LAN,
    findNeighbour: (address) => (setup.neighbours?.[address] ?? null) as Mac | null,
    now: () => clock.now,
  });
  function get(target: string, more: Partial<FileRequest> = {}) {
    return handler.answer(request(target, more));
  }
  return { replica, clock, handler, get };
}

function request(target: string, more: Partial<FileRequest> = {}): FileRequest {
  return { transport: 'http', method: 'GET', target, peerAddress: PHONE, headers: {}, ...more };
}

describe("a device's token", () => {
  const { get } = setUp({ devices: [servedDevice(MAC), servedDevice('0021f222b01e')] });

  test.each([
    [`/d/${TOKEN}/${MAC}.cfg`, `${MAC}.cfg`],
    [`/d/${TOKEN}/${MAC.toUpperCase()}.cfg`, `${MAC}.cfg`],
    [`/d/${TOKEN}/00-21-f2-22-b0-1d.CFG`, `${MAC}.cfg`],
    [`/d/${TOKEN}/`, `${MAC}.cfg`],
    [`/d/${TOKEN}`, `${MAC}.cfg`],
    [`//d//${TOKEN}//${MAC}.boot`, `${MAC}.boot`],
    [`/d/${TOKEN}/y000000000000.cfg`, 'y000000000000.cfg'],
    [`http://10.0.0.1:8080/d/${TOKEN}/${MAC}.cfg`, `${MAC}.cfg`],
  ])('%s gets %s, from anywhere', (target, name) => {
    const answer = get(target, { peerAddress: AWAY });
    expect(answer).toMatchObject({ status: 200, door: 'token', file: { name }, tokenIsCurrent: true });
    expect(answer.body).not.toBeNull();
  });

  test.each([
    [`/d/${TOKEN}/${MAC}`, 'bare-mac'],
    [`/d/${TOKEN}/time.cfg`, 'no-such-file'],
    [`/d/${TOKEN}/0021f222b01e.cfg`, 'no-such-file'],
    [`/d/${TOKEN}x/${MAC}.cfg`, 'unknown-token'],
    [`/d/${TOKEN}/../${TOKEN}/${MAC}.cfg`, 'bad-path'],
  ])('%s gets nothing: %s', (target, reason) => {
    expect(get(target, { peerAddress: AWAY })).toMatchObject({ status: 404, reason, file: null, body: null });
  });

  test('a replaced token still works, and is told apart from the current one', () => {
    const device = servedDevice(MAC, { tokenLookups: ['new', 'old'] });
    const own = setUp({ devices: [device] });
    expect(own.get(`/d/old/${MAC}.cfg`)).toMatchObject({ status: 200, tokenIsCurrent: false });
    expect(own.get(`/d/new/${MAC}.cfg`)).toMatchObject({ status: 200, tokenIsCurrent: true });
  });

  test('the main file of any vendor answers to <mac>.cfg', () => {
    const file = servedFile('Config0080F0C571EB.cfg', 'panasonic');
    const own = setUp({ devices: [servedDevice('0080f0c571eb', { vendor: 'panasonic', files: [file] })] });
    for (const name of [
      '0080f0c571eb.cfg',
      '0080F0C571EB.cfg',
      'Config0080F0C571EB.cfg',
      'config0080f0c571eb.cfg',
    ])
      expect(own.get(`/${name}`)).toMatchObject({ status: 200, file: { name: file.name } });
    expect(own.get('/0080f0c571eb.xml')).toMatchObject({ status: 404 });
  });
});

describe('plain paths', () => {
  const { get } = setUp();

  test.each([`/${MAC}.cfg`, `/prov/${MAC.toUpperCase()}.cfg`, `/any.xml?mac=${MAC}`])(
    "%s is served in the site's networks and nowhere else",
    (target) => {
      expect(get(target)).toMatchObject({ status: 200, door: 'plain', isIdentified: true });
      expect(get(target, { peerAddress: AWAY })).toMatchObject({ status: 404, reason: 'outside-networks' });
      expect(get(target, { peerAddress: '192.168.50.1' })).toMatchObject({ reason: 'gateway-address' });
    },
  );

  test('TFTP goes through the same door', () => {
    const tftp = { transport: 'tftp', method: 'RRQ' } as const;
    expect(get(`prov\\${MAC}.cfg`, tftp)).toMatchObject({ status: 200 });
    expect(get(`/${MAC}.cfg`, { ...tftp, peerAddress: AWAY })).toMatchObject({ status: 404 });
    expect(get(`d/${TOKEN}/${MAC}.cfg`, { ...tftp, peerAddress: AWAY })).toMatchObject({ status: 200 });
    expect(get('..\\..\\etc\\passwd', tftp)).toMatchObject({ status: 404, reason: 'bad-path' });
  });

  test('a forwarded request has no place of its own, wherever its forwarder stands', () => {
    const headers = { 'x-forwarded-for': PHONE };
    for (const peerAddress of ['127.0.0.1', '::1', PHONE])
      expect(get(`/${MAC}.cfg`, { peerAddress, headers })).toMatchObject({
        status: 404,
        reason: 'untrusted-forwarder',
        source: { address: peerAddress },
      });
  });

  test('behind a trusted proxy the client counts', () => {
    const proxied = setUp({ devices: [servedDevice(MAC)], proxies: ['127.0.0.0/8'] });
    const from = (address: string) => ({
      peerAddress: '127.0.0.1',
      headers: { 'x-forwarded-for': `10.9.9.9, ${address}` },
    });
    expect(proxied.get(`/${MAC}.cfg`, from(PHONE)).status).toBe(200);
    expect(proxied.get(`/${MAC}.cfg`, from(AWAY))).toMatchObject({ status: 404, source: { address: AWAY } });
    expect(proxied.get(`/${MAC}.cfg`, { peerAddress: '127.0.0.1' })).toMatchObject({
      reason: 'silent-proxy',
    });
  });

  test('writes are refused before anything is looked up', () => {
    for (const method of ['PUT', 'POST', 'DELETE'])
      expect(get(`/${MAC}.cfg`, { method })).toMatchObject({ status: 405, device: null, body: null });
  });

  test('a suspended phone is served, a discovered or emptied one is not', () => {
    const own = setUp({
      devices: [
        servedDevice('0021f2000001', { state: 'suspended' }),
        servedDevice('0021f2000002', { state: 'retired' }),
        servedDevice('0021f2000003', { state: 'retired', files: [] }),
        servedDevice('0021f2000004', { state: 'discovered' }),
        servedDevice('0021f2000005', { files: [] }),
      ],
    });
    const answers = [1, 2, 3, 4, 5].map((digit) => own.get(`/0021f200000${digit}.cfg`));
    expect(answers.map((answer) => answer.reason ?? answer.status)).toEqual([
      200,
      200,
      'unknown-device',
      'discovered',
      'nothing-published',
    ]);
  });

  test('a damaged file is not sent', () => {
    const device = servedDevice(MAC, { files: [servedFile(`${MAC}.cfg`, 'damaged on disk')] });
    const own = setUp({ devices: [device] });
    own.replica.damage(device.files[0] ?? servedFile('', ''));
    expect(own.get(`/${MAC}.cfg`)).toMatchObject({ status: 404, reason: 'unreadable-file' });
  });

  test('before the first snapshot a miss says so', () => {
    const own = setUp({ status: { mode: 'empty' } });
    expect(own.get(`/${MAC}.cfg`)).toMatchObject({ status: 404, reason: 'no-snapshot' });
  });
});

describe("a site's bootstrap URL", () => {
  const sites = [
    servedSite('reseller', { networks: ['10.0.0.0/8'] }),
    servedSite('branch', { parentId: 'reseller', rootId: 'reseller' }),
    servedSite('open', { enrolmentUntil: '2026-11-20T10:00:00Z', networks: ['10.7.0.0/16'] }),
  ];
  const devices = [servedDevice(MAC, { siteId: 'branch' }), servedDevice('0021f222b01e', { siteId: 'open' })];

  test.each([
    ['code-branch', MAC, '10.1.1.1', null],
    ['code-reseller', MAC, '10.1.1.1', null],
    ['code-branch', MAC, AWAY, 'enrolment-closed'],
    ['code-open', '0021f222b01e', AWAY, null],
    ['code-open', MAC, AWAY, 'other-site'],
    ['code-reseller', '0021f222b01e', '10.1.1.1', 'other-site'],
    ['code-open', '0021f222b0ff', AWAY, 'unknown-device'],
    ['nowhere', MAC, '10.1.1.1', 'unknown-code'],
  ])('/s/%s/%s.cfg from %s: %s', (code, mac, peerAddress, reason) => {
    const answer = setUp({ sites, devices }).get(`/s/${code}/${mac}.cfg`, { peerAddress });
    expect(answer).toMatchObject(reason === null ? { status: 200, door: 'site' } : { status: 404, reason });
  });

  test('the window closes by the clock', () => {
    const own = setUp({ sites, devices });
    own.clock.now = Date.parse('2026-11-20T10:00:01Z');
    expect(own.get('/s/code-open/0021f222b01e.cfg', { peerAddress: AWAY })).toMatchObject({ status: 404 });
  });

  test("the folder itself and the site's common files", () => {
    const files = [servedFile('y000000000000.cfg', 'common of the site', 'common')];
    const site = servedSite('default', {
      commonFiles: { flyingvoice: files },
      commonFilesFor: 'flyingvoice',
    });
    const own = setUp({ sites: [site] });
    expect(own.get('/s/code-default/')).toMatchObject({ status: 404, reason: 'no-such-file' });
    expect(own.get('/s/code-default/y000000000000.cfg')).toMatchObject({
      status: 200,
      site: { id: 'default' },
    });
    expect(own.get('/s/code-default/y000000000000.cfg', { peerAddress: AWAY })).toMatchObject({
      status: 404,
      reason: 'enrolment-closed',
    });
  });
});

describe('common files on plain paths', () => {
  const common = (text: string) => [servedFile('y000000000000.cfg', text, 'common')];
  const site = servedSite('default', {
    commonFiles: { flyingvoice: common('flyingvoice here'), yealink: common('yealink here') },
  });
  const phones = [servedDevice(MAC), servedDevice('001565aabbcc', { vendor: 'yealink', files: [] })];
  const yealink = { headers: { 'user-agent': 'Yealink SIP-T46S 66.86.0.15 00:15:65:aa:bb:dd' } };

  test('the known phone that was last seen at the address gets its own', () => {
    const { get, replica } = setUp({ sites: [site], devices: phones });
    replica.noteAddress(PHONE, `device-${MAC}`);
    const answer = get('/y000000000000.cfg');
    expect(answer).toMatchObject({ status: 200, device: { mac: MAC }, isIdentified: false });
    expect(answer.body?.toString()).toBe(`common of ${MAC}\n`);
  });

  test('the neighbour table knows who is there now', () => {
    const own = setUp({ sites: [site], devices: phones, neighbours: { [PHONE]: MAC } });
    own.replica.noteAddress(PHONE, 'device-001565aabbcc');
    expect(own.get('/y000000000000.cfg').device?.mac).toBe(MAC);
  });

  test("a known phone that has no such file of its own gets its site's", () => {
    const bare = servedDevice(MAC, { files: [servedFile(`${MAC}.cfg`, 'x')] });
    const own = setUp({ sites: [site], devices: [bare], neighbours: { [PHONE]: MAC } });
    expect(own.get('/y000000000000.cfg').body?.toString()).toBe('flyingvoice here');
  });

  test('its account file is never handed out for an address alone', () => {
    const device = servedDevice(MAC, { files: [servedFile('settings.cfg', 'secret')] });
    const own = setUp({ devices: [device], neighbours: { [PHONE]: MAC } });
    expect(own.get('/settings.cfg')).toMatchObject({ status: 404 });
  });

  test("else the User-Agent's vendor and the site of the network decide", () => {
    expect(
      setUp({ sites: [site] })
        .get('/y000000000000.cfg', yealink)
        .body?.toString(),
    ).toBe('yealink here');
  });

  test('else the vendor that the site names', () => {
    const named = { ...site, commonFilesFor: 'flyingvoice' };
    expect(
      setUp({ sites: [named] })
        .get('/y000000000000.cfg')
        .body?.toString(),
    ).toBe('flyingvoice here');
  });

  test('else nobody knows, and the timeline says so', () => {
    expect(setUp({ sites: [site] }).get('/y000000000000.cfg')).toMatchObject({
      status: 404,
      reason: 'ambiguous-common-file',
    });
    expect(setUp({ sites: [site] }).get('/favicon.ico')).toMatchObject({
      status: 404,
      reason: 'no-such-file',
    });
  });

  test('the site with the narrowest network around the address counts', () => {
    const sites = [
      servedSite('wide', {
        networks: ['192.168.0.0/16'],
        commonFilesFor: 'x',
        commonFiles: { x: common('wide') },
      }),
      servedSite('narrow', {
        networks: ['192.168.50.0/24'],
        commonFilesFor: 'x',
        commonFiles: { x: common('narrow') },
      }),
    ];
    expect(setUp({ sites }).get('/y000000000000.cfg').body?.toString()).toBe('narrow');
  });

  test('without networks, of unrelated sites none is guessed', () => {
    const sites = ['a', 'b'].map((id) =>
      servedSite(id, { commonFilesFor: 'x', commonFiles: { x: common(id) } }),
    );
    expect(setUp({ sites }).get('/y000000000000.cfg')).toMatchObject({ reason: 'ambiguous-common-file' });
  });

  test('without networks, of a family of sites it is the one on top', () => {
    const below = servedSite('b', {
      parentId: 'a',
      rootId: 'a',
      commonFilesFor: 'x',
      commonFiles: { x: common('b') },
    });
    const top = servedSite('a', { commonFilesFor: 'x', commonFiles: { x: common('a') } });
    expect(
      setUp({ sites: [below, top] })
        .get('/y000000000000.cfg')
        .body?.toString(),
    ).toBe('a');
  });

  test("nobody outside the site's networks gets one", () => {
    const named = { ...site, commonFilesFor: 'flyingvoice' };
    for (const networks of [[], ['192.168.50.0/24']])
      expect(
        setUp({ sites: [{ ...named, networks }] }).get('/y000000000000.cfg', { peerAddress: AWAY }).status,
      ).toBe(404);
  });
});

describe('conditional requests', () => {
  const etag = servedDevice(MAC).files[0]?.etag ?? '';

  test('an unchanged file is not sent again', () => {
    const answer = setUp().get(`/${MAC}.cfg`, { headers: { 'if-none-match': etag } });
    expect(answer).toMatchObject({ status: 304, body: null, file: { etag } });
  });

  test.each([
    [`W/${etag}`, true],
    [`"x", ${etag} , "y"`, true],
    ['*', true],
    ['"x"', false],
    [etag.slice(1, -1), false],
    ['', false],
    [undefined, false],
  ])('%s matches: %s', (header, matches) => {
    expect(matchesEtag(header, etag)).toBe(matches);
  });
});

describe('guessing', () => {
  const macOf = (index: number) => `0021f2${index.toString(16).padStart(6, '0')}`;

  test('after too many unknown names a source finds nothing new, with the same answer as ever', () => {
    const { get } = setUp();
    const before = get(`/${macOf(0)}.cfg`);
    for (let index = 0; index <= 60; index += 1) get(`/${macOf(index)}.cfg`);
    const known = get(`/${MAC}.cfg`);
    expect(known).toMatchObject({ status: 404, reason: 'throttled', body: null });
    expect([known.status, known.file, known.body]).toEqual([before.status, before.file, before.body]);
  });

  test('it is told once', () => {
    const { get } = setUp();
    const answers = Array.from({ length: 100 }, (_, index) => get(`/${macOf(index)}.cfg`));
    expect(answers.filter((answer) => answer.reason === 'throttled' && !answer.quiet)).toHaveLength(1);
    expect(answers.slice(61).every((answer) => answer.quiet)).toBe(true);
  });

  test('known phones behind the same address go on, by token or because they were there before', () => {
    const { get, replica } = setUp({ devices: [servedDevice(MAC), servedDevice('0021f2ffffff')] });
    expect(get(`/${MAC}.cfg`).status).toBe(200);
    replica.noteAddress(PHONE, 'device-0021f2ffffff');
    for (let index = 0; index <= 80; index += 1) get(`/${macOf(index)}.cfg`);
    expect(get(`/${MAC}.cfg`).status).toBe(200);
    expect(get('/0021f2ffffff.cfg').status).toBe(200);
    expect(get(`/d/${TOKEN}/${MAC}.cfg`).status).toBe(200);
  });

  test('other addresses and the next minute are free', () => {
    const { get, clock } = setUp();
    for (let index = 0; index <= 80; index += 1) get(`/${macOf(index)}.cfg`);
    expect(get(`/${MAC}.cfg`, { peerAddress: '192.168.50.78' }).status).toBe(200);
    clock.now += 60_000;
    expect(get(`/${MAC}.cfg`).status).toBe(200);
  });

  test('wrong tokens count too', () => {
    const { get } = setUp();
    for (let index = 0; index <= 80; index += 1) get(`/d/wrong${index}/${MAC}.cfg`);
    expect(get(`/${MAC}.cfg`)).toMatchObject({ reason: 'throttled' });
  });

  test("what comes through a forwarder does not use up its machine's own budget", () => {
    const { get } = setUp();
    const headers = { via: '1.1 proxy' };
    for (let index = 0; index <= 80; index += 1) get(`/${macOf(index)}.cfg`, { headers });
    expect(get(`/${MAC}.cfg`).status).toBe(200);
  });

  test('a flood of nonsense leaves the timeline readable', () => {
    const { get } = setUp();
    const answers = Array.from({ length: 500 }, (_, index) => get(`/nonsense-${index}.cfg`));
    expect(answers.filter((answer) => !answer.quiet)).toHaveLength(60);
  });
});

describe('what the timeline gets', () => {
  const { get } = setUp();
  const delivery = { completed: true, bytes: 6_123, durationMs: 1.26 };
  const stamp = { id: 'e1', at: '2026-11-20T09:00:00.000Z', worker: 'w1' };

  function tell(target: string, more: Partial<FileRequest> = {}) {
    return toPhoneEvent(createFact(request(target, more), get(target, more), delivery), stamp);
  }

  test('a download with revision, size, time, door and artifact', () => {
    const event = tell(`/d/${TOKEN}/${MAC}.cfg`, { headers: { 'user-agent': 'Flyingvoice FIP14G V0.7.11' } });
    expect(event).toMatchObject({
      kind: 'download',
      deviceId: `device-${MAC}`,
      mac: MAC,
      siteId: 'default',
      rootId: 'default',
      address: PHONE,
      summary: `GET ${MAC}.cfg 200, revision 1, 6.1 kB`,
      data: {
        path: `/d/****/${MAC}.cfg`,
        durationMs: 1.3,
        door: 'token',
        tokenIsCurrent: true,
        role: 'main',
      },
    });
    expect(JSON.stringify(event)).not.toContain(TOKEN);
  });

  test('a refusal with its reason, at the device that it is about', () => {
    const event = tell(`/${MAC}.cfg`, { peerAddress: AWAY });
    expect(event).toMatchObject({ kind: 'refused', deviceId: `device-${MAC}`, address: AWAY });
    expect(event?.summary).toBe(`GET /${MAC}.cfg 404: the address is in none of the networks of its site`);
  });

  test('no token, right or wrong, in no spelling', () => {
    for (const target of [`/d/${TOKEN}/nothing`, `/d/${TOKEN}x/a`, `/%64/${TOKEN}/../x`, `/x/d/${TOKEN}`])
      expect(JSON.stringify(tell(target))).not.toContain(TOKEN);
  });
});
