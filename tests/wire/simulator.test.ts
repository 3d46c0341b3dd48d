import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PhoneEvent } from '../../lib/domain/event.ts';
import type { ServedEntity } from '../../lib/domain/served.ts';
import { readEnvironment } from '../../lib/system/env.ts';
import { createLog } from '../../lib/system/log.ts';
import { type PhoneSide, startPhoneSide } from '../../sip-worker/phone-side.ts';
import type { UnknownPhone } from '../../sip-worker/pnp/rule-policy.ts';
import { createLiveView } from '../../sip-worker/replica/live-view.ts';
import { Replica } from '../../sip-worker/replica/store.ts';
import { freeUdpPort } from '../support/free-port.ts';
import { askedFor, bootPhone } from '../support/phone.ts';
import { startNode } from '../support/processes.ts';
import {
  asArtifact,
  asDevice,
  asRule,
  asSite,
  TEST_RULE,
  TEST_SITE,
  TEST_VAULT,
  testDevice,
  testFile,
  testMac,
} from '../support/served-entities.ts';

const TOKEN = 'abcdefghijklmnopqrstuvwxy2';
const OWN =
  'account.1.enable=1\naccount.1.user_name=1001\naccount.1.sip_server_host=pbx.example.net\naccount.1.password=s3cret\n';
const BOOT = '#!version:1.0.0.1\ninclude:config "y000000000000.cfg"\ninclude:config "0021f2000001.cfg"\n';
const COMMON = 'lang.gui=German\naccount.1.label=none\n';

let dataDir: string;
let replica: Replica;
let phones: PhoneSide;
let group: readonly string[];
let events: PhoneEvent[];
let unknown: UnknownPhone[];

beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'provost-simulator-'));
  replica = new Replica({ dataDir, vault: TEST_VAULT, log: { warn: () => undefined } });
  const port = String(await freeUdpPort());
  const environment = readEnvironment({
    PROVOST_HTTP_PORT: '0',
    PROVOST_TFTP_PORT: '0',
    PROVOST_SIP_PORT: port,
    PROVOST_SIP_INTERFACES: '127.0.0.1',
  });
  if (!environment.ok) throw new Error(environment.problems.join());
  phones = await startPhoneSide({
    environment: environment.value,
    view: createLiveView({
      replica,
      vault: TEST_VAULT,
      follows: () => ({ isLive: false, reason: 'no database in this test', followedAt: null }),
    }),
    worker: 'w1',
    registry: new Registry(),
    log: createLog('test', { level: 'silent' }),
    addEvent: (event) => void events.push(event),
    onUnknown: (phone) => void unknown.push(phone),
    describe: () => ({}),
  });
  group = ['--port', port, '--timeout', '5'];
});
beforeEach(() => {
  events = [];
  unknown = [];
});
afterAll(async () => {
  await phones.close(0);
  replica.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** One phone with a boot file, a common and an own file, and the rules given. */
function serve({
  own = OWN,
  rules = [asRule(TEST_RULE)],
}: {
  own?: string;
  rules?: ServedEntity[];
} = {}): void {
  const files = [
    { ...testFile('0021f2000001.boot', BOOT), role: 'boot' as const },
    { ...testFile('y000000000000.cfg', COMMON), role: 'common' as const },
    testFile('0021f2000001.cfg', own),
  ];
  const device = testDevice(1, {
    files,
    revision: 8,
    sealedToken: TEST_VAULT.seal(TOKEN, 'device.token:device-1').toString('base64'),
    tokenLookups: [TEST_VAULT.lookup('device-token', TOKEN)],
  });
  const draft = replica.startSnapshot();
  draft.add([...[BOOT, COMMON, own].map(asArtifact), asSite(TEST_SITE), ...rules, asDevice(device)]);
  replica.replaceBy(draft, { epoch: 'e', cursor: '1', appliedAbove: [], scope: 'all', snapshotAt: '' });
}

describe('a phone of the inventory', () => {
  it('is configured by PnP, and knows which file each setting came from', async () => {
    serve();
    const report = await bootPhone('--mac', testMac(1), ...group);
    expect(report.problems).toEqual([]);
    expect(report.outcome).toBe('configured');
    expect(report.url).toBe(`http://127.0.0.1:${phones.ports.http}/d/${TOKEN}/`);
    expect(askedFor(report)).toEqual([
      '0021f2000001.boot 200',
      'y000000000000.cfg 200',
      '0021f2000001.cfg 200',
    ]);
    expect(report.accounts).toEqual([{ index: 1, user: '1001', server: 'pbx.example.net' }]);
    expect(report.settings).toContainEqual(
      expect.objectContaining({ key: 'lang.gui', value: 'German', file: 'y000000000000.cfg' }),
    );
    expect(report.settings).toContainEqual(
      expect.objectContaining({ key: 'account.1.password', value: 's3cret', file: '0021f2000001.cfg' }),
    );
  });

  it('leaves its story in the events, without a secret', async () => {
    serve();
    await bootPhone('--mac', testMac(1), ...group);
    expect(events.map(({ kind }) => kind)).toEqual([
      'subscribe',
      'pnp-answer',
      'notify-answered',
      'download',
      'download',
      'download',
    ]);
    expect(events.at(-1)?.summary).toBe('GET 0021f2000001.cfg 200, revision 8, 112 bytes');
    expect(events.every(({ deviceId }) => deviceId === 'device-1')).toBe(true);
    expect(JSON.stringify(events)).not.toMatch(/s3cret|abcdefghijklmnop/);
  });

  it('is configured over TFTP by a rule that says so', async () => {
    const url = `tftp://{{host}}:${phones.ports.tftp}/`;
    serve({ rules: [asRule({ ...TEST_RULE, url })] });
    const report = await bootPhone('--mac', testMac(1), ...group);
    expect(report.problems).toEqual([]);
    expect(report.outcome).toBe('configured');
    expect(report.requests.map(({ method, status }) => `${method} ${status}`)).toEqual(
      Array(3).fill('RRQ received'),
    );
  });

  it('asks for its bare MAC first when the URL came by DHCP', async () => {
    serve();
    const server = `http://127.0.0.1:${phones.ports.http}/`;
    const report = await bootPhone('--mac', testMac(1), '--server', server);
    expect(report.outcome).toBe('configured');
    expect(askedFor(report).slice(0, 2)).toEqual(['0021f2000001 404', '0021f2000001.boot 200']);
  });

  it('without an account says so', async () => {
    serve({ own: 'account.1.enable=0\n' });
    const report = await bootPhone('--mac', testMac(1), ...group);
    expect(report).toMatchObject({ outcome: 'no accounts', exitCode: 3 });
  });

  it('fails when a file that its boot file includes is not there', async () => {
    const other = asRule({ ...TEST_RULE, url: `http://127.0.0.1:${phones.ports.http}/nowhere/{mac}.cfg` });
    serve({ rules: [other] });
    expect(await bootPhone('--mac', testMac(1), ...group)).toMatchObject({ exitCode: 4 });
  });
});

describe('a phone that nobody entered', () => {
  it('gets no answer, and is listed', async () => {
    const listing = asRule({
      ...TEST_RULE,
      id: 'r2',
      order: 2,
      match: { known: false },
      url: null,
      unknown: 'discover',
    });
    serve({ rules: [asRule(TEST_RULE), listing] });
    const report = await bootPhone(
      '--mac',
      testMac(2),
      '--model',
      'FIP13G',
      ...group.slice(0, 2),
      '--timeout',
      '2',
    );
    expect(report).toMatchObject({ outcome: 'nobody answered within 2 s', exitCode: 2, requests: [] });
    expect(unknown[0]).toMatchObject({ action: 'discover', mac: testMac(2) });
    expect(unknown[0]?.siteId).toBe(TEST_SITE.id);
  });
});

describe('the command', () => {
  it('masks passwords and tokens unless told to show them', async () => {
    serve();
    const phone = startNode('sip-worker/simulator/main.ts', ['--mac', testMac(1), ...group]);
    expect((await phone.ended).code).toBe(0);
    const said = phone.lines.join('\n');
    expect(said).toContain('Configured');
    expect(said).toContain('account.1.password=********');
    expect(said).not.toMatch(/s3cret|abcdefghijklmnop/);
  });

  it('explains itself when it is used wrongly', async () => {
    const phone = startNode('sip-worker/simulator/main.ts', ['--mac', 'nonsense']);
    expect((await phone.ended).code).toBe(64);
    expect(phone.lines.join('\n')).toContain('--mac must be a MAC address');
  });
});
