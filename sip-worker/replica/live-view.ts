import type { Mac } from '#lib/domain/mac.ts';
import type { ServedDevice, ServedFile } from '#lib/domain/served.ts';
import type { Vault } from '#lib/system/vault.ts';
import { LruMap } from './lru-map.ts';
import type { Replica } from './store.ts';
import type { ReplicaStatus, ReplicaView } from './view.ts';

/** How the exchange with Postgres goes. */
export interface FollowStatus {
  readonly isLive: boolean;
  /** Why not, for people; null while live. */
  readonly reason: string | null;
  /** ISO time of the last successful exchange. */
  readonly followedAt: string | null;
}

export interface LiveView extends ReplicaView {
  /** A known device asked or fetched from this address. */
  noteAddress(address: string, deviceId: string): void;
}

export interface LiveViewOptions {
  readonly replica: Replica;
  readonly vault: Vault;
  readonly follows: () => FollowStatus;
}

const ADDRESSES_KEPT = 50_000;
const LONGEST_TOKEN = 64;

export function createLiveView({ replica, vault, follows }: LiveViewOptions): LiveView {
  const addresses = new LruMap<string, string>(ADDRESSES_KEPT);
  const named = (id: string | null): ServedDevice | null =>
    id === null ? null : replica.findNamedDevice(id);
  return {
    findDevice: (id) => replica.findDevice(id),
    findDeviceByMac: (mac: Mac) => named(replica.lookups.deviceIdByMac(mac)),
    findDeviceByToken(token) {
      if (token.length > LONGEST_TOKEN) return null;
      const lookup = vault.lookup('device-token', token);
      const device = named(replica.lookups.deviceIdByToken(lookup));
      return device && { device, current: device.tokenLookups[0] === lookup };
    },
    findDeviceByAddress: (address) => replica.findDevice(addresses.get(address) ?? ''),
    noteAddress: (address, deviceId) => addresses.set(address, deviceId),
    findSite: (id) => replica.lookups.site(id),
    findSiteByCode: (code) => replica.lookups.siteByCode(code),
    listSites: () => replica.lookups.sites(),
    listRules: () => replica.lookups.rules(),
    listModels: () => replica.lookups.models(),
    readFile: (file) => readFile(replica, vault, file),
    openToken: (device) => openToken(vault, device),
    status: () => describeStatus(replica, follows()),
  };
}

/** Opened and checked against its address: bytes that changed on the disk are never served. */
function readFile(replica: Replica, vault: Vault, file: ServedFile): Buffer | null {
  const sealed = replica.readArtifact(file.address);
  const opened = sealed && vault.openArtifact(sealed, file.address);
  if (opened?.ok) return opened.value;
  replica.reportDamage(`the content of ${file.name} is ${sealed ? 'damaged' : 'missing'}`);
  return null;
}

/** A kept document keeps its token: a phone that asks is sent it at once. */
const openedTokens = new WeakMap<ServedDevice, string>();

function openToken(vault: Vault, device: ServedDevice): string | null {
  const known = openedTokens.get(device);
  if (known !== undefined) return known;
  const opened = vault.open(Buffer.from(device.sealedToken, 'base64'), `device.token:${device.id}`);
  if (!opened.ok) return null;
  const token = opened.value.toString('utf8');
  openedTokens.set(device, token);
  return token;
}

function describeStatus(replica: Replica, follow: FollowStatus): ReplicaStatus {
  const { state, damage } = replica;
  const isWell = follow.isLive && damage === null;
  return {
    mode: state === null ? 'empty' : isWell ? 'live' : 'degraded',
    reason: damage ?? follow.reason,
    epoch: state?.epoch ?? null,
    cursor: state?.cursor ?? null,
    followedAt: follow.followedAt,
    devices: replica.lookups.devices,
  };
}
