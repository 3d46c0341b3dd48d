/** Values of the layers: read as one map for each owner, written one by one so that each keeps who set it, and when. */
import type { LayerValue, LayerValues } from '#lib/domain/layers.ts';
import { findVariable } from '#lib/domain/variable.ts';
import { findVendor, VENDORS } from '#lib/domain/vendors/registry.ts';
import type { Vault } from '#lib/system/secrets.ts';
import { Prisma } from '#prisma/generated/client.ts';
import type { Db } from './client.ts';

export type SettingKind = 'variable' | 'parameter';
export type Scalar = string | number | boolean | null;

/** Whose values they are. */
export type SettingOwner =
  | { readonly layer: 'global' }
  | { readonly layer: 'model'; readonly modelSlug: string }
  | { readonly layer: 'site'; readonly siteId: string; readonly rootId: string }
  | { readonly layer: 'device'; readonly deviceId: string; readonly rootId: string };

export interface SettingRow {
  readonly id: string;
  readonly layer: string;
  readonly modelSlug: string | null;
  readonly siteId: string | null;
  readonly deviceId: string | null;
  readonly kind: string;
  readonly vendor: string | null;
  readonly key: string;
  readonly value: unknown;
  readonly sealed: Uint8Array | null;
  readonly setBy: string | null;
  readonly setAt: Date;
}

export const SETTING_FIELDS = {
  id: true,
  layer: true,
  modelSlug: true,
  siteId: true,
  deviceId: true,
  kind: true,
  vendor: true,
  key: true,
  value: true,
  sealed: true,
  setBy: true,
  setAt: true,
} as const;

export interface OwnedSettings {
  readonly variables: LayerValues;
  /** By vendor slug; '' for a device, whose vendor is its model's. */
  readonly parameters: Readonly<Record<string, LayerValues>>;
  /** Names of values that the secret key does not open. */
  readonly unreadable: readonly string[];
}

/** Values in clear, for compile and reveal only; without a vault, secrets are null. */
export function readSettings(rows: readonly SettingRow[], vault: Vault | null): OwnedSettings {
  const variables: Record<string, LayerValue> = {};
  const parameters: Record<string, Record<string, LayerValue>> = {};
  const unreadable: string[] = [];
  for (const row of rows) {
    const opened = openValue(row, vault);
    if (!opened.ok) {
      unreadable.push(row.key);
      continue;
    }
    const { setBy, sealed } = row;
    const value = { value: opened.value, setBy, setAt: row.setAt.toISOString(), secret: sealed !== null };
    if (row.kind === 'variable') variables[row.key] = value;
    else {
      const ofVendor = parameters[row.vendor ?? ''] ?? {};
      ofVendor[row.key] = value;
      parameters[row.vendor ?? ''] = ofVendor;
    }
  }
  return { variables, parameters, unreadable };
}

function openValue(row: SettingRow, vault: Vault | null): { ok: true; value: Scalar } | { ok: false } {
  if (row.sealed === null) return { ok: true, value: isScalar(row.value) ? row.value : null };
  if (vault === null) return { ok: true, value: null };
  const opened = vault.open(row.sealed, placeOf(row.id));
  if (!opened.ok) return { ok: false };
  const value: unknown = JSON.parse(opened.value.toString('utf8'));
  return { ok: true, value: isScalar(value) ? value : null };
}

export interface SettingsWrite {
  readonly owner: SettingOwner;
  readonly kind: SettingKind;
  /** Null for variables and for a device's parameters. */
  readonly vendor: string | null;
  /** Null clears every value of this kind; a null in it clears that one. */
  readonly values: Readonly<Record<string, Scalar>> | null;
  /** Name of who sets them. */
  readonly setBy: string;
}

/** Writes what differs and nothing else. Returns the keys that changed, in their order. */
export async function writeSettings(tx: Db, vault: Vault, write: SettingsWrite): Promise<string[]> {
  const where = { ...ownerColumns(write.owner), kind: write.kind, vendor: write.vendor };
  const rows = await tx.setting.findMany({ where, select: SETTING_FIELDS });
  const byKey = new Map(rows.map((row) => [row.key, row]));
  const wanted = write.values ?? Object.fromEntries(rows.map((row) => [row.key, null]));
  const changed: string[] = [];
  for (const key of Object.keys(wanted).sort()) {
    const value = wanted[key] ?? null;
    if (await writeOne(tx, vault, { write, key, value, row: byKey.get(key) ?? null })) changed.push(key);
  }
  return changed;
}

interface OneWrite {
  readonly write: SettingsWrite;
  readonly key: string;
  readonly value: Scalar;
  readonly row: SettingRow | null;
}

async function writeOne(tx: Db, vault: Vault, { write, key, value, row }: OneWrite): Promise<boolean> {
  const secret = isSecretSetting(write, key);
  if (value === null) {
    if (row) await tx.setting.delete({ where: { id: row.id } });
    return row !== null;
  }
  const current = row && (row.sealed !== null) === secret ? openValue(row, vault) : null;
  if (current?.ok && current.value === value) return false;
  const id = row?.id ?? crypto.randomUUID();
  const stored = secret
    ? { value: Prisma.DbNull, sealed: Uint8Array.from(vault.seal(JSON.stringify(value), placeOf(id))) }
    : { value, sealed: null };
  const data = { ...stored, setBy: write.setBy, setAt: new Date() };
  if (row) await tx.setting.update({ where: { id }, data });
  else {
    const owner = ownerColumns(write.owner);
    await tx.setting.create({ data: { id, ...owner, kind: write.kind, vendor: write.vendor, key, ...data } });
  }
  return true;
}

/** A device's parameters may meet any vendor's codec one day, so that any vendor's word makes them secret. */
function isSecretSetting(write: Pick<SettingsWrite, 'kind' | 'vendor'>, key: string): boolean {
  if (write.kind === 'variable') return findVariable(key)?.secret ?? false;
  const vendor = findVendor(write.vendor);
  return vendor ? vendor.isSecretKey(key) : VENDORS.some((each) => each.isSecretKey(key));
}

function ownerColumns(owner: SettingOwner) {
  const none = { layer: owner.layer, modelSlug: null, siteId: null, deviceId: null, rootId: null };
  if (owner.layer === 'model') return { ...none, modelSlug: owner.modelSlug };
  if (owner.layer === 'site') return { ...none, siteId: owner.siteId, rootId: owner.rootId };
  if (owner.layer === 'device') return { ...none, deviceId: owner.deviceId, rootId: owner.rootId };
  return none;
}

function placeOf(id: string): string {
  return `setting:${id}`;
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

/** Values as replies show them, and the names of those that are set but not shown. */
export function describeSettings(values: LayerValues): {
  readonly shown: Readonly<Record<string, Scalar>>;
  readonly hidden: readonly string[];
} {
  const entries = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  const shown = entries.filter(([, each]) => !each.secret).map(([key, each]) => [key, each.value] as const);
  return {
    shown: Object.fromEntries(shown),
    hidden: entries.filter(([, each]) => each.secret).map(([key]) => key),
  };
}
