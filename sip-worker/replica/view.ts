import type { Mac } from '#lib/domain/mac.ts';
import type { ServedDevice, ServedFile, ServedModel, ServedRule, ServedSite } from '#lib/domain/served.ts';

/** What answers phones: everything is read from the local replica, synchronously, with no database in reach. */
export interface ReplicaView {
  findDevice(id: string): ServedDevice | null;
  /** Devices that are not retired; a retired one is found while it still has files. */
  findDeviceByMac(mac: Mac): ServedDevice | null;
  /** By a clear URL token, the current one or one that has not ended yet. */
  findDeviceByToken(token: string): { readonly device: ServedDevice; readonly current: boolean } | null;
  /** The known device that last fetched or asked from this address, as this worker remembers it. */
  findDeviceByAddress(address: string): ServedDevice | null;
  findSite(id: string): ServedSite | null;
  findSiteByCode(code: string): ServedSite | null;
  listSites(): readonly ServedSite[];
  /** Enabled profile rules in their order. */
  listRules(): readonly ServedRule[];
  listModels(): readonly ServedModel[];
  /** The clear text of a file, opened and checked; null when it is missing or was damaged. */
  readFile(file: ServedFile): Buffer | null;
  /** The device's clear URL token; null when it cannot be opened. */
  openToken(device: ServedDevice): string | null;
  status(): ReplicaStatus;
}

export interface ReplicaStatus {
  /** `empty`: no full snapshot has ever existed. `live`: following. `degraded`: serving what there is. */
  readonly mode: 'empty' | 'live' | 'degraded';
  readonly reason: string | null;
  readonly epoch: string | null;
  readonly cursor: string | null;
  /** ISO time of the last successful exchange with Postgres. */
  readonly followedAt: string | null;
  readonly devices: number;
}
