import { describe, expect, test } from 'vitest';
import { AWAY, MAC, PHONE, setUpHandler as setUp, TOKEN } from '../../tests/support/file-handler.ts';
import { servedDevice, servedFile, servedSite } from '../../tests/support/replica-view.ts';
import { matchesEtag } from './handler.ts';

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
