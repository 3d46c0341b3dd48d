/** Programmable keys and expansion modules of a device, as a body gives them. */
import type { DeviceInput, KeyInput } from '#lib/domain/device-input.ts';
import type { Db } from './client.ts';
import type { DeviceRow } from './device-rows.ts';
import { invalid, type Outcome } from './outcome.ts';

type KeyRow = DeviceRow['keys'][number];

interface KeyOwner {
  readonly id: string;
  readonly rootId: string;
}

/** Elements are matched by module and index; an absent member of a matched one stays. */
export async function writeKeys(
  tx: Db,
  owner: KeyOwner,
  about: { readonly rows: readonly KeyRow[]; readonly input: DeviceInput['keys'] },
): Promise<Outcome<{ readonly changed: readonly string[] }>> {
  const { rows, input } = about;
  if (input === undefined) return { ok: true, changed: [] };
  const next: KeyRow[] = [];
  for (const [at, key] of (input ?? []).entries()) {
    const row = rows.find((each) => each.module === (key.module ?? 0) && each.index === key.index) ?? null;
    const merged = mergeKey(key, row);
    if (merged === null) return invalid(`/keys/${at}/type`, 'is needed for a new key');
    next.push(merged);
  }
  next.sort((a, b) => a.module - b.module || a.index - b.index);
  if (JSON.stringify(next.map(toList)) === JSON.stringify(rows.map(toList))) return { ok: true, changed: [] };
  await tx.lineKey.deleteMany({ where: { deviceId: owner.id } });
  await tx.lineKey.createMany({
    data: next.map((key) => ({ ...key, deviceId: owner.id, rootId: owner.rootId })),
  });
  return { ok: true, changed: ['keys'] };
}

function mergeKey(key: KeyInput, row: KeyRow | null): KeyRow | null {
  const type = key.type ?? row?.type;
  if (type === undefined) return null;
  return {
    module: key.module ?? 0,
    index: key.index,
    type,
    line: key.line === undefined ? (row?.line ?? null) : key.line,
    value: key.value === undefined ? (row?.value ?? null) : key.value,
    label: key.label === undefined ? (row?.label ?? null) : key.label,
    pickupValue: key.pickupValue === undefined ? (row?.pickupValue ?? null) : key.pickupValue,
  };
}

function toList(key: KeyRow): readonly unknown[] {
  return [key.module, key.index, key.type, key.line, key.value, key.label, key.pickupValue];
}

export async function writeModules(
  tx: Db,
  owner: KeyOwner,
  about: { readonly rows: DeviceRow['modules']; readonly input: DeviceInput['modules'] },
): Promise<readonly string[]> {
  const { rows, input } = about;
  if (input === undefined) return [];
  const next = [...(input ?? [])].sort((a, b) => a.index - b.index);
  const isSame = next.length === rows.length && next.every((each, at) => isSameModule(each, rows[at]));
  if (isSame) return [];
  await tx.module.deleteMany({ where: { deviceId: owner.id } });
  await tx.module.createMany({
    data: next.map(({ index, name }) => ({ index, name, deviceId: owner.id, rootId: owner.rootId })),
  });
  return ['modules'];
}

function isSameModule(a: DeviceRow['modules'][number], b: DeviceRow['modules'][number] | undefined): boolean {
  return a.index === b?.index && a.name === b.name;
}
