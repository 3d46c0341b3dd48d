/** A device as it is stored, and as compile wants it: with its secrets open. */

import type { Account } from '#lib/domain/account.ts';
import { DEVICE_STATES, type Device, type DeviceState, KEY_TYPES, type Line } from '#lib/domain/device.ts';
import type { Mac } from '#lib/domain/mac.ts';
import type { Vault } from '#lib/system/secrets.ts';
import type { Prisma } from '#prisma/generated/client.ts';
import type { Db } from './client.ts';
import { readSettings, SETTING_FIELDS } from './settings.ts';

export const ACCOUNT_FIELDS = {
  id: true,
  rootId: true,
  siteId: true,
  userName: true,
  authName: true,
  sealedPassword: true,
  displayName: true,
  voicemail: true,
  registrarId: true,
  externalId: true,
  version: true,
} as const;

/** Everything that a device's files are made of. */
export const DEVICE_FIELDS = {
  id: true,
  rootId: true,
  siteId: true,
  mac: true,
  serial: true,
  modelSlug: true,
  vendor: true,
  label: true,
  person: true,
  location: true,
  state: true,
  tags: true,
  externalId: true,
  sealedToken: true,
  version: true,
  revision: true,
  lines: {
    select: { index: true, enabled: true, label: true, accountId: true, account: { select: ACCOUNT_FIELDS } },
    orderBy: { index: 'asc' },
  },
  keys: {
    select: {
      module: true,
      index: true,
      type: true,
      line: true,
      value: true,
      label: true,
      pickupValue: true,
    },
    orderBy: [{ module: 'asc' }, { index: 'asc' }],
  },
  modules: { select: { index: true, name: true }, orderBy: { index: 'asc' } },
  settings: { select: SETTING_FIELDS, orderBy: { key: 'asc' } },
} satisfies Prisma.DeviceSelect;

export type DeviceRow = Prisma.DeviceGetPayload<{ select: typeof DEVICE_FIELDS }>;
export type AccountRow = NonNullable<DeviceRow['lines'][number]['account']>;

/** A device in clear, for compile and reveal only. */
export interface OpenDevice {
  readonly device: Device;
  /** The clear URL token; null when the secret key does not open it. */
  readonly token: string | null;
  /** What cannot be opened: `password of line 1`. */
  readonly unreadable: readonly string[];
}

export async function loadDevices(
  db: Db,
  vault: Vault,
  ids: readonly string[],
): Promise<readonly OpenDevice[]> {
  const rows = await db.device.findMany({ where: { id: { in: [...ids] } }, select: DEVICE_FIELDS });
  return rows.map((row) => openDevice(row, vault));
}

export function openDevice(row: DeviceRow, vault: Vault): OpenDevice {
  const token = vault.open(row.sealedToken, tokenPlace(row.id));
  const settings = readSettings(row.settings, vault);
  const lines = row.lines.map((line) => openLine(line, vault));
  const unreadable = [
    ...(token.ok ? [] : ['URL token']),
    ...lines.flatMap((line) => (line.readable ? [] : [`password of line ${line.line.index}`])),
    ...settings.unreadable,
  ];
  const { id, siteId, serial, label, person, location, tags, externalId, version, modules } = row;
  const device: Device = {
    ...{ id, siteId, serial, label, person, location, tags, externalId, version, modules },
    mac: row.mac as Mac,
    model: row.modelSlug,
    state: toState(row.state),
    lines: lines.map((line) => line.line),
    keys: row.keys.map(toKey),
    variables: settings.variables,
    parameters: settings.parameters[''] ?? {},
  };
  return { device, token: token.ok ? token.value.toString('utf8') : null, unreadable };
}

function openLine(row: DeviceRow['lines'][number], vault: Vault): { line: Line; readable: boolean } {
  const { index, enabled, label } = row;
  if (row.account === null) return { line: { index, enabled, label, account: null }, readable: true };
  const password = openPassword(row.account, vault);
  const account = toAccount(row.account, password.ok ? password.value : null);
  return { line: { index, enabled, label, account }, readable: password.ok };
}

export function openPassword(
  account: Pick<AccountRow, 'id' | 'sealedPassword'>,
  vault: Vault,
): { readonly ok: true; readonly value: string | null } | { readonly ok: false } {
  if (account.sealedPassword === null) return { ok: true, value: null };
  const opened = vault.open(account.sealedPassword, passwordPlace(account.id));
  return opened.ok ? { ok: true, value: opened.value.toString('utf8') } : { ok: false };
}

function toAccount(row: AccountRow, password: string | null): Account {
  const { id, siteId, userName, authName, displayName, voicemail, registrarId, externalId } = row;
  return { id, siteId, userName, authName, password, displayName, voicemail, registrarId, externalId };
}

export function toKey(row: DeviceRow['keys'][number]): Device['keys'][number] {
  return { ...row, type: KEY_TYPES.find((type) => type === row.type) ?? 'none' };
}

export function toState(text: string): DeviceState {
  return DEVICE_STATES.find((state) => state === text) ?? 'retired';
}

export function passwordPlace(accountId: string): string {
  return `account.password:${accountId}`;
}

export function tokenPlace(deviceId: string): string {
  return `device.token:${deviceId}`;
}
