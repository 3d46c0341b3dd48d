import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PhoneEvent } from '#lib/domain/event.ts';
import { findSubscribeCase } from '../../tests/support/pnp-vectors.ts';
import {
  asDevice,
  asRule,
  asSite,
  TEST_RULE,
  TEST_SITE,
  TEST_VAULT,
  testDevice,
  testMac,
} from '../../tests/support/served-entities.ts';
import type { FileFact } from '../files/fact.ts';
import type { PnpEvent, PnpExchange } from '../pnp/event.ts';
import { createRulePolicy, type RulePolicy } from '../pnp/rule-policy.ts';
import { type PnpRequest, readSubscription } from '../pnp/subscription.ts';
import { createLiveView, type LiveView } from '../replica/live-view.ts';
import { Replica } from '../replica/store.ts';
import { parseMessage } from '../sip/message.ts';
import { createRecorder, type Recorder } from './recorder.ts';

const CONTEXT = { localAddress: '10.20.0.5', localPort: 5060, interfaceName: 'eth0' };

let dataDir: string;
let replica: Replica;
let view: LiveView;
let policy: RulePolicy;
let recorder: Recorder;
let events: PhoneEvent[];
let elapsed: number;

beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'provost-recorder-'));
  replica = new Replica({ dataDir, vault: TEST_VAULT, log: { warn: () => undefined } });
  const draft = replica.startSnapshot();
  const branch = asRule({ ...TEST_RULE, id: 'rule-0', name: 'Branch', order: 0, match: { site: 'branch' } });
  draft.add([asSite(TEST_SITE), branch, asRule(TEST_RULE), asDevice(testDevice(1))]);
  replica.replaceBy(draft, { epoch: 'e', cursor: '1', appliedAbove: [], scope: 'all', snapshotAt: '' });
  view = createLiveView({
    replica,
    vault: TEST_VAULT,
    follows: () => ({ isLive: true, reason: null, followedAt: null }),
  });
  policy = createRulePolicy({
    view,
    publicBase: null,
    httpPort: () => 8080,
    listLocalNetworks: () => [],
    findNeighbour: () => null,
    onUnknown: () => undefined,
  });
  events = [];
  elapsed = 0;
  recorder = createRecorder({
    add: (event) => void events.push(event),
    view,
    explain: policy.explain,
    worker: 'w1',
    now: () => 0,
    monotonic: () => elapsed,
  });
});
afterEach(() => {
  replica.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function subscribe(mac = testMac(1)): { readonly event: PnpEvent; readonly exchange: PnpExchange } {
  const vector = findSubscribeCase('flyingvoice-seed');
  const message = parseMessage(Buffer.from(vector.raw.replaceAll('0021f222b01d', mac)));
  const request = message.ok ? readSubscription(message.value, vector.source) : message;
  if (!request.ok) throw new Error(request.reason);
  return { event: subscribeEvent(request.value), exchange: exchangeOf(request.value) };
}

function exchangeOf(request: PnpRequest): PnpExchange {
  return { id: 1, source: request.source, mac: request.mac, deviceId: null, rule: 'Known phones' };
}

function subscribeEvent(request: PnpRequest): PnpEvent {
  const decision = policy.decide(request, CONTEXT);
  return {
    kind: 'subscribe',
    exchange: exchangeOf(request),
    request,
    context: CONTEXT,
    verdict: { answer: decision.answer, reason: decision.answer ? null : decision.reason },
    isRepeat: false,
    bytes: 574,
  };
}

describe('a boot by PnP', () => {
  it('reads as a story, with the device, the rule and why the others did not decide', () => {
    const { event, exchange } = subscribe();
    recorder.observePnp(event);
    recorder.observePnp({ kind: 'ok-sent', exchange, isRepeat: false, bytes: 261 });
    recorder.observePnp({ kind: 'notify-sent', exchange, attempt: 1, bytes: 444 });
    recorder.observePnp({ kind: 'notify-sent', exchange, attempt: 2, bytes: 444 });
    recorder.observePnp({ kind: 'notify-answered', exchange, status: 200, roundTripMs: 40.6, sends: 2 });
    const summaries = events.filter(({ kind }) => kind !== 'identity-mismatch').map(({ summary }) => summary);
    expect(summaries).toEqual([
      'SUBSCRIBE from 192.168.50.163:59495, FIP13G 0.6.24',
      '200 and NOTIFY sent (rule Known phones)',
      'NOTIFY accepted after 41 ms (rule Known phones)',
    ]);
    expect(events[0]).toMatchObject({
      kind: 'subscribe',
      at: '1970-01-01T00:00:00.000Z',
      deviceId: 'device-1',
      siteId: TEST_SITE.id,
      rootId: TEST_SITE.rootId,
      worker: 'w1',
      data: { firmware: '0.6.24', why: 'known phone', passedOver: 'Branch: it is at another site' },
    });
  });

  it('remembers the address for files that name no MAC', () => {
    recorder.observePnp(subscribe().event);
    expect(view.findDeviceByAddress('192.168.50.163')?.id).toBe('device-1');
  });

  it('of a phone that nobody entered says why it got no answer', () => {
    recorder.observePnp(subscribe(testMac(2)).event);
    expect(events[0]).toMatchObject({ deviceId: null, mac: testMac(2) });
    expect(events[0]?.summary).toMatch(/, not answered: no profile rule matches$/);
  });

  it('with another identity than the inventory is told once in a while, and answered', () => {
    const model = { slug: 'flyingvoice/fip13g', vendor: 'flyingvoice', name: 'FIP13G', spellings: [] };
    const upserts = [{ kind: 'model' as const, key: model.slug, value: model }];
    replica.apply({
      upserts,
      removals: [],
      state: { epoch: 'e', cursor: '2', appliedAbove: [], scope: 'all', snapshotAt: '' },
    });
    recorder.observePnp(subscribe().event);
    recorder.observePnp(subscribe().event);
    const told = events.filter(({ kind }) => kind === 'identity-mismatch');
    expect(told.map(({ summary }) => summary)).toEqual([
      'The phone says it is flyingvoice/fip13g; the inventory says flyingvoice/fip14g',
    ]);
  });
});

const FACT: FileFact = {
  kind: 'download',
  transport: 'http',
  method: 'GET',
  path: '/d/…/0021f2000001.cfg',
  status: 200,
  completed: true,
  bytes: 6100,
  durationMs: 3,
  deviceId: 'device-1',
  mac: testMac(1),
  siteId: TEST_SITE.id,
  rootId: TEST_SITE.rootId,
  revision: 8,
  file: '0021f2000001.cfg',
  artifact: 'a',
  fileRole: 'main',
  door: 'token',
  tokenIsCurrent: true,
  reasonCode: null,
  reason: null,
  address: '10.20.0.31',
  userAgent: 'Flyingvoice FIP14G V0.7.11 00:21:F2:00:00:01',
  quiet: false,
};

describe('a download', () => {
  it('says what was fetched, and what that proves', () => {
    recorder.observeFile(FACT);
    expect(events).toHaveLength(1);
    expect(events[0]?.summary).toBe('GET 0021f2000001.cfg 200, revision 8, 6.1 kB');
    expect(events[0]?.data).toMatchObject({ revision: 8, token: 'current', firmware: '0.7.11' });
  });

  it.each([
    ['broken off', { completed: false }],
    ['only its head', { method: 'HEAD' }],
  ])('%s proves nothing', (_, change) => {
    recorder.observeFile({ ...FACT, ...change });
    expect(events[0]?.data).toMatchObject({ revision: null, token: null });
  });

  it('by another vendor than the inventory says is told', () => {
    recorder.observeFile({
      ...FACT,
      userAgent: 'Grandstream Model HW GXP1405 SW 1.0.4.23 DevId 000b8240d55c',
    });
    expect(events[1]).toMatchObject({ kind: 'identity-mismatch', deviceId: 'device-1' });
  });
});

describe('refusals', () => {
  const refused: FileFact = {
    ...FACT,
    kind: 'refused',
    status: 404,
    deviceId: null,
    reasonCode: 'no-such-file',
    reason: 'x',
  };

  it('that are equal become one event a minute', () => {
    for (let time = 0; time < 5; time += 1) recorder.observeFile(refused);
    recorder.observeFile({ ...refused, path: '/other' });
    expect(events).toHaveLength(2);
    elapsed = 60_000;
    recorder.observeFile(refused);
    expect(events[2]?.summary).toMatch(/\(and 4 times before\)$/);
  });

  it('of datagrams are told, but not our own echoes', () => {
    const source = { address: '10.0.0.9', port: 5060 };
    for (const reason of ['method', 'method', 'stray-response', 'own-socket'])
      recorder.observePnp({ kind: 'refused', source, reason, at: null, bytes: 400 });
    expect(events.map(({ summary }) => summary)).toEqual(['Datagram from 10.0.0.9:5060 ignored: method']);
  });
});
