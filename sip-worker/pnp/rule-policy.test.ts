import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServedEntity, ServedModel } from '#lib/domain/served.ts';
import { subscribeCases } from '../../tests/support/pnp-vectors.ts';
import {
  asDevice,
  asRule,
  asSite,
  TEST_RULE,
  TEST_SITE,
  TEST_VAULT,
  testDevice,
  testMac,
  testToken,
} from '../../tests/support/served-entities.ts';
import { createLiveView } from '../replica/live-view.ts';
import { Replica } from '../replica/store.ts';
import { parseMessage } from '../sip/message.ts';
import type { PnpDecision } from './policy.ts';
import { createRulePolicy, type RulePolicy, type UnknownPhone } from './rule-policy.ts';
import { type PnpRequest, readSubscription } from './subscription.ts';

const CONTEXT = { localAddress: '10.20.0.5', localPort: 5060, interfaceName: 'eth0' };
const UNKNOWN_RULE = asRule({
  ...TEST_RULE,
  id: 'rule-2',
  name: 'New phones',
  order: 2,
  match: { known: false },
  url: null,
  unknown: 'discover',
});
const FIP13G: ServedModel = {
  slug: 'flyingvoice/fip13g',
  vendor: 'flyingvoice',
  name: 'FIP13G',
  spellings: [],
};

let dataDir: string;
let replica: Replica;
let unknown: UnknownPhone[];
let policy: RulePolicy;

beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'provost-policy-'));
  replica = new Replica({ dataDir, vault: TEST_VAULT, log: { warn: () => undefined } });
  unknown = [];
  policy = makePolicy(null);
});
afterEach(() => {
  replica.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function makePolicy(publicBase: string | null): RulePolicy {
  const follows = () => ({ isLive: true, reason: null, followedAt: null });
  return createRulePolicy({
    view: createLiveView({ replica, vault: TEST_VAULT, follows }),
    publicBase,
    httpPort: () => 8080,
    listLocalNetworks: () => [],
    findNeighbour: (address) => (address === '10.13.2.37' ? testMac(99) : null),
    onUnknown: (phone) => void unknown.push(phone),
  });
}

function fill(...entities: ServedEntity[]): void {
  const draft = replica.startSnapshot();
  draft.add([{ kind: 'model', key: FIP13G.slug, value: FIP13G }, ...entities]);
  replica.replaceBy(draft, { epoch: 'e', cursor: '1', appliedAbove: [], scope: 'all', snapshotAt: '' });
}

/** The vector with another MAC, so that it can be a phone of the inventory. */
function subscribe(id: string, mac = testMac(1)): PnpRequest {
  const vector = subscribeCases.find((each) => each.id === id);
  if (!vector) throw new Error(`no vector ${id}`);
  const message = parseMessage(Buffer.from(vector.raw.replaceAll('0021f222b01d', mac)));
  const request = message.ok ? readSubscription(message.value, vector.source) : message;
  if (!request.ok) throw new Error(request.reason);
  return request.value;
}

function decide(request = subscribe('flyingvoice-seed')): PnpDecision {
  return policy.decide(request, CONTEXT);
}

describe('a known phone', () => {
  it("is sent its vendor's start below its token, at the address that faces it", () => {
    fill(asSite(TEST_SITE), asRule(TEST_RULE), asDevice(testDevice(1)));
    expect(decide()).toEqual({
      answer: true,
      url: `http://10.20.0.5:8080/d/${testToken(1)}/`,
      rule: 'Known phones',
      deviceId: 'device-1',
    });
  });

  it('is sent to the public base of the nearest site that has one, else of the installation', () => {
    const above = { ...TEST_SITE, id: 'top', publicBase: 'https://phones.example.net' };
    fill(
      asSite(above),
      asSite({ ...TEST_SITE, parentId: 'top' }),
      asRule(TEST_RULE),
      asDevice(testDevice(1)),
    );
    expect(decide()).toMatchObject({ url: `https://phones.example.net/d/${testToken(1)}/` });
    fill(asSite(TEST_SITE), asRule(TEST_RULE), asDevice(testDevice(1)));
    policy = makePolicy('http://prov.lan');
    expect(decide()).toMatchObject({ url: `http://prov.lan/d/${testToken(1)}/` });
  });

  it('is judged by what the inventory says, not by what it says itself', () => {
    const rule = asRule({ ...TEST_RULE, match: { vendor: 'snom' }, url: 'tftp://{{host}}/{mac}.cfg' });
    fill(asSite(TEST_SITE), rule, asDevice(testDevice(1, { vendor: 'snom', model: 'snom/d785' })));
    expect(decide()).toMatchObject({ answer: true, url: 'tftp://10.20.0.5/{mac}.cfg' });
  });

  it('is answered while it is suspended, so that its accounts are cleared', () => {
    fill(asSite(TEST_SITE), asRule(TEST_RULE), asDevice(testDevice(1, { state: 'suspended' })));
    expect(decide()).toMatchObject({ answer: true });
  });

  it('gets no answer by a rule that says so, and the reason names a URL that cannot be sent', () => {
    fill(asSite(TEST_SITE), asRule({ ...TEST_RULE, url: null }), asDevice(testDevice(1)));
    expect(decide()).toEqual({ answer: false, reason: 'the rule says not to answer', rule: 'Known phones' });
    fill(asSite(TEST_SITE), asRule({ ...TEST_RULE, url: 'http://h/{{name}}' }), asDevice(testDevice(1)));
    expect(decide()).toMatchObject({ answer: false, reason: expect.stringContaining('{{name}}') });
  });
});

describe('an unknown phone', () => {
  it('is listed with its model and the site of its network, and gets no answer', () => {
    fill(asSite({ ...TEST_SITE, networks: ['192.168.50.0/24'] }), asRule(TEST_RULE), UNKNOWN_RULE);
    expect(decide()).toEqual({ answer: false, reason: 'listed as a new phone', rule: 'New phones' });
    expect(unknown).toMatchObject([
      { action: 'discover', mac: testMac(1), siteId: TEST_SITE.id, model: 'flyingvoice/fip13g' },
    ]);
  });

  it('has the reasons of the rules that were passed over', () => {
    fill(asSite(TEST_SITE), asRule(TEST_RULE), UNKNOWN_RULE);
    const request = subscribe('flyingvoice-seed');
    decide(request);
    expect(policy.explain(request)?.trace.map(({ why }) => why)).toEqual([
      'the phone is not in the inventory',
      'unknown phone',
    ]);
  });

  it('is added with the site and model of its rule', () => {
    const rule = {
      ...TEST_RULE,
      match: {},
      unknown: 'add',
      siteId: 'site-9',
      model: 'flyingvoice/fip10',
    } as const;
    fill(asSite(TEST_SITE), asRule(rule));
    expect(decide()).toMatchObject({ answer: false, reason: 'added; it is answered when it asks again' });
    expect(unknown).toMatchObject([{ action: 'add', siteId: 'site-9', model: 'flyingvoice/fip10' }]);
  });

  it('is left alone by a rule that ignores it', () => {
    fill(asSite(TEST_SITE), asRule({ ...TEST_RULE, match: {}, url: 'http://{{host}}/x/' }));
    expect(decide()).toMatchObject({ answer: true, url: 'http://10.20.0.5/x/', deviceId: null });
    expect(unknown).toEqual([]);
  });

  it('without a MAC in its request is listed by its neighbour entry and not answered', () => {
    fill(asSite(TEST_SITE), asRule(TEST_RULE), UNKNOWN_RULE, asDevice(testDevice(99, { mac: testMac(98) })));
    expect(decide(subscribe('audiocodes-seed'))).toMatchObject({ answer: false });
    expect(unknown.map((phone) => phone.mac)).toEqual([testMac(99)]);
  });

  it('is not listed when its neighbour entry is a phone of the inventory', () => {
    fill(asSite(TEST_SITE), asRule(TEST_RULE), UNKNOWN_RULE, asDevice(testDevice(99)));
    expect(decide(subscribe('audiocodes-seed'))).toMatchObject({ answer: false });
    expect(unknown).toEqual([]);
  });
});

describe('without rules', () => {
  it('nobody is answered, and the reason tells no data from no rule', () => {
    expect(decide()).toEqual({ answer: false, reason: 'this worker has no data yet', rule: null });
    fill(asSite(TEST_SITE), asDevice(testDevice(1)));
    expect(decide()).toEqual({ answer: false, reason: 'no profile rule matches', rule: null });
  });
});
