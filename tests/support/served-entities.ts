import type { Mac } from '../../lib/domain/mac.ts';
import type {
  ServedDevice,
  ServedEntity,
  ServedFile,
  ServedRule,
  ServedSite,
} from '../../lib/domain/served.ts';
import { createVault, type Vault } from '../../lib/system/vault.ts';

/** What the change feed carries, made without Postgres. */
export const TEST_VAULT: Vault = createVault(Buffer.alloc(32, 7));

export const TEST_SITE: ServedSite = {
  id: 'site-1',
  rootId: 'site-1',
  parentId: null,
  slug: 'default',
  name: 'Default',
  networks: [],
  publicBase: null,
  bootstrapCode: 'abcdefgh',
  commonFilesFor: null,
  enrolmentUntil: null,
  commonFiles: {},
  version: 1,
};

export const TEST_RULE: ServedRule = {
  id: 'rule-1',
  name: 'Known phones',
  order: 1,
  enabled: true,
  match: { known: true },
  url: '{{start}}',
  unknown: 'ignore',
  siteId: null,
  model: null,
  version: 1,
};

export function testMac(number: number): Mac {
  return `0021f2${number.toString(16).padStart(6, '0')}` as Mac;
}

export function testToken(number: number, generation = 1): string {
  return `token${generation}n${number}`;
}

export function testFile(name: string, text: string): ServedFile {
  const address = TEST_VAULT.address(Buffer.from(text));
  return {
    name,
    address,
    etag: TEST_VAULT.etag(address),
    bytes: Buffer.byteLength(text),
    contentType: 'text/plain; charset=utf-8',
    role: 'main',
  };
}

export function testDevice(number: number, more: Partial<ServedDevice> = {}): ServedDevice {
  const id = `device-${number}`;
  return {
    id,
    mac: testMac(number),
    state: 'active',
    vendor: 'flyingvoice',
    model: 'flyingvoice/fip14g',
    siteId: TEST_SITE.id,
    rootId: TEST_SITE.rootId,
    tags: [],
    sealedToken: TEST_VAULT.seal(testToken(number), `device.token:${id}`).toString('base64'),
    tokenLookups: [TEST_VAULT.lookup('device-token', testToken(number))],
    revision: 1,
    files: [],
    version: 1,
    ...more,
  };
}

export function asDevice(value: ServedDevice): ServedEntity {
  return { kind: 'device', key: value.id, value };
}

export function asSite(value: ServedSite): ServedEntity {
  return { kind: 'site', key: value.id, value };
}

export function asRule(value: ServedRule): ServedEntity {
  return { kind: 'rule', key: value.id, value };
}

export function asArtifact(text: string): ServedEntity {
  const content = Buffer.from(text);
  const address = TEST_VAULT.address(content);
  return { kind: 'artifact', key: address, value: { address, sealed: TEST_VAULT.sealArtifact(content) } };
}
