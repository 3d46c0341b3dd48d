/** A replica in memory, filled by a test: what the handlers that answer phones read. */
import { createHash } from 'node:crypto';
import type { Mac } from '#lib/domain/mac.ts';
import type { ServedDevice, ServedFile, ServedRule, ServedSite } from '#lib/domain/served.ts';
import type { ReplicaStatus, ReplicaView } from '../../sip-worker/replica/view.ts';

export interface ReplicaContent {
  readonly sites?: readonly ServedSite[];
  readonly devices?: readonly ServedDevice[];
  readonly rules?: readonly ServedRule[];
  readonly status?: Partial<ReplicaStatus>;
}

export interface TestReplica {
  readonly view: ReplicaView;
  /** Replaces the device or site of the same id, as the feed would. */
  put(entity: { readonly device?: ServedDevice; readonly site?: ServedSite }): void;
  noteAddress(address: string, deviceId: string): void;
  /** Forgets the body of a file, as if its artifact had been damaged. */
  damage(file: ServedFile): void;
}

const bodies = new Map<string, Buffer>();

/** A file with this text; its body is known to every test replica. */
export function servedFile(
  name: string,
  text: string | Buffer,
  role: ServedFile['role'] = 'main',
): ServedFile {
  const body = Buffer.from(text);
  const address = createHash('sha256').update(body).digest('hex');
  bodies.set(address, body);
  const contentType = name.endsWith('.xml') ? 'application/xml' : 'text/plain; charset=utf-8';
  return { name, address, etag: `"${address.slice(0, 32)}"`, bytes: body.length, contentType, role };
}

export function servedSite(id: string, changes: Partial<ServedSite> = {}): ServedSite {
  return {
    id,
    rootId: id,
    parentId: null,
    slug: id,
    name: id,
    networks: [],
    publicBase: null,
    bootstrapCode: `code-${id}`,
    commonFilesFor: null,
    enrolmentUntil: null,
    commonFiles: {},
    version: 1,
    ...changes,
  };
}

/** A Flyingvoice phone with its boot, main and common file. Its URL token is `token-<mac>`. */
export function servedDevice(mac: string, changes: Partial<ServedDevice> = {}): ServedDevice {
  return {
    id: `device-${mac}`,
    mac: mac as Mac,
    state: 'active',
    vendor: 'flyingvoice',
    model: 'flyingvoice/fip14g',
    siteId: 'default',
    rootId: 'default',
    tags: [],
    sealedToken: '',
    tokenLookups: [`token-${mac}`],
    revision: 1,
    files: [
      servedFile(`${mac}.cfg`, `account.1.password = secret of ${mac}\n`),
      servedFile(`${mac}.boot`, `include:config "${mac}.cfg"\n`, 'boot'),
      servedFile('y000000000000.cfg', `common of ${mac}\n`, 'common'),
    ],
    version: 1,
    ...changes,
  };
}

export function createReplicaView(content: ReplicaContent = {}): TestReplica {
  const sites = byId(content.sites ?? [servedSite('default')]);
  const devices = byId(content.devices ?? []);
  const addresses = new Map<string, string>();
  const damaged = new Set<string>();
  const findDevice = (match: (device: ServedDevice) => boolean) => [...devices.values()].find(match) ?? null;
  const view: ReplicaView = {
    findDevice: (id) => devices.get(id) ?? null,
    findDeviceByMac: (mac) =>
      findDevice((device) => device.mac === mac && (device.state !== 'retired' || device.files.length > 0)),
    findDeviceByToken(token) {
      const device = findDevice((each) => each.tokenLookups.includes(token));
      return device && { device, current: device.tokenLookups[0] === token };
    },
    findDeviceByAddress: (address) => devices.get(addresses.get(address) ?? '') ?? null,
    findSite: (id) => sites.get(id) ?? null,
    findSiteByCode: (code) => [...sites.values()].find((site) => site.bootstrapCode === code) ?? null,
    listSites: () => [...sites.values()],
    listRules: () => content.rules ?? [],
    listModels: () => [],
    readFile: (file) => (damaged.has(file.address) ? null : (bodies.get(file.address) ?? null)),
    openToken: (device) => device.tokenLookups[0] ?? null,
    status: () => ({
      mode: 'live',
      reason: null,
      epoch: 'test',
      cursor: '1',
      followedAt: '2026-11-20T09:00:00.000Z',
      devices: devices.size,
      ...content.status,
    }),
  };
  return {
    view,
    put({ device, site }) {
      if (device) devices.set(device.id, device);
      if (site) sites.set(site.id, site);
    },
    noteAddress: (address, deviceId) => void addresses.set(address, deviceId),
    damage: (file) => void damaged.add(file.address),
  };
}

function byId<T extends { readonly id: string }>(list: readonly T[]): Map<string, T> {
  return new Map(list.map((entry) => [entry.id, entry]));
}
