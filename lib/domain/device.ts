import type { Account } from './account.ts';
import type { LayerValues } from './layers.ts';
import type { Mac } from './mac.ts';

export const DEVICE_STATES = ['discovered', 'active', 'suspended', 'retired'] as const;
export type DeviceState = (typeof DEVICE_STATES)[number];

/** What a programmable key can be, in no vendor's words. `none` is an unused slot. */
export const KEY_TYPES = [
  'none',
  'line',
  'blf',
  'speed-dial',
  'park',
  'intercom',
  'dtmf',
  'dnd',
  'pickup',
  'group-pickup',
  'hold',
  'paging',
] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/** A slot of a device that points to an account. */
export interface Line {
  /** One-based. */
  readonly index: number;
  readonly enabled: boolean;
  readonly label: string | null;
  readonly account: Account | null;
}

export interface LineKey {
  /** 0 is the phone itself, 1 the first expansion module. */
  readonly module: number;
  /** One-based. */
  readonly index: number;
  readonly type: KeyType;
  /** The line that the key uses, one-based; null: the phone's choice. */
  readonly line: number | null;
  readonly value: string | null;
  readonly label: string | null;
  readonly pickupValue: string | null;
}

/** Everything about one device that its files are made of. */
export interface Device {
  readonly id: string;
  readonly mac: Mac;
  readonly serial: string | null;
  /** Model slug, `flyingvoice/fip14g`; null while a discovered phone's model is unknown. */
  readonly model: string | null;
  readonly siteId: string;
  readonly label: string | null;
  readonly person: string | null;
  readonly location: string | null;
  readonly state: DeviceState;
  readonly lines: readonly Line[];
  /** Expansion modules attached, by one-based position. */
  readonly modules: readonly { readonly index: number; readonly name: string }[];
  readonly keys: readonly LineKey[];
  readonly variables: LayerValues;
  readonly parameters: LayerValues;
  readonly tags: readonly string[];
  readonly externalId: string | null;
  readonly version: number;
}

/** A suspended or retired phone gets files that clear its accounts. */
export function hasNoAccounts(state: DeviceState): boolean {
  return state === 'suspended' || state === 'retired';
}
