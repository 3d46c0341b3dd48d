/** Writing what a body says of a device, and nothing else: what stays the same is not touched, and leaves no trace. */

import type { DeviceState } from '#lib/domain/device.ts';
import type { DeviceInput } from '#lib/domain/device-input.ts';
import { suggestName } from '#lib/domain/input-problem.ts';
import type { Mac } from '#lib/domain/mac.ts';
import { newToken, type Vault } from '#lib/system/secrets.ts';
import type { Prisma } from '#prisma/generated/client.ts';
import type { Db } from './client.ts';
import type { StoreContext } from './context.ts';
import type { DocumentRow } from './device-documents.ts';
import { writeKeys, writeModules } from './device-keys.ts';
import { writeLines } from './device-lines.ts';
import { tokenPlace } from './device-rows.ts';
import { invalid, type Outcome, refuse } from './outcome.ts';
import { findSitePlace, type SitePlace } from './reach.ts';
import { writeSettings } from './settings.ts';

/** Everybody who writes a device takes this first, so that two of them take turns. */
export async function lockMac(tx: Db, mac: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(20261120, hashtext(${mac}))`;
}

/** A new device's secrets: a URL token of 130 bits, sealed for its row. */
export function newDeviceSecrets(
  vault: Vault,
  id: string,
): { sealedToken: Uint8Array<ArrayBuffer>; tokenLookup: string } {
  const token = newToken();
  return {
    sealedToken: Uint8Array.from(vault.seal(token, tokenPlace(id))),
    tokenLookup: vault.lookup('device-token', token),
  };
}

interface Base {
  readonly id: string;
  readonly place: SitePlace;
  readonly columns: Columns;
}

type Columns = Pick<
  Prisma.DeviceUncheckedUpdateInput,
  | 'siteId'
  | 'rootId'
  | 'modelSlug'
  | 'vendor'
  | 'state'
  | 'serial'
  | 'label'
  | 'person'
  | 'location'
  | 'tags'
  | 'externalId'
>;

export interface DeviceWritten {
  readonly id: string;
  /** Empty: nothing changed. */
  readonly changed: readonly string[];
}

/**
 * @param about `row`: the device as it is, null for a new one; `mac`: of a new one
 */
export async function writeDevice(
  tx: Db,
  ctx: StoreContext,
  about: { readonly row: DocumentRow | null; readonly mac: Mac; readonly input: DeviceInput },
): Promise<Outcome<DeviceWritten>> {
  const { row, mac, input } = about;
  const base = await readBase(tx, ctx, row, input);
  if (!base.ok) return base;
  const { id, place, columns } = base;
  const rootId = place.rootId;
  if (row === null)
    await tx.device.create({
      data: { id, mac, siteId: place.id, rootId, ...newDeviceSecrets(ctx.vault, id), ...toCreate(columns) },
    });
  else if (rootId !== row.rootId) await moveToRoot(tx, id, rootId);
  const owner = { id, rootId, siteId: place.id, path: place.path };
  const lines = await writeLines(tx, ctx, { owner, rows: row?.lines ?? [], input: input.lines });
  if (!lines.ok) return lines;
  const keys = await writeKeys(tx, owner, { rows: row?.keys ?? [], input: input.keys });
  if (!keys.ok) return keys;
  const modules = await writeModules(tx, owner, { rows: row?.modules ?? [], input: input.modules });
  const settings = await writeDeviceSettings(tx, ctx, { id, rootId, input });
  const scalars = row === null ? ['device'] : Object.keys(columns).filter((name) => name !== 'rootId');
  const changed = [...scalars, ...lines.changed, ...keys.changed, ...modules, ...settings];
  if (row !== null && changed.length > 0)
    await tx.device.update({ where: { id }, data: { ...columns, version: { increment: 1 } } });
  return { ok: true, id, changed };
}

/** Columns that a body changes, against the row; for a new device, all that it gives. */
async function readBase(
  tx: Db,
  ctx: StoreContext,
  row: DocumentRow | null,
  input: DeviceInput,
): Promise<Outcome<Base>> {
  const place = await choosePlace(tx, ctx, row, input);
  if (!place.ok) return place;
  const model = await chooseModel(tx, row, input);
  if (!model.ok) return model;
  const state = chooseState(row, input);
  if (!state.ok) return state;
  const id = row?.id ?? crypto.randomUUID();
  const wanted: Columns = {
    siteId: place.place.id,
    rootId: place.place.rootId,
    ...model.columns,
    state: state.state,
    ...texts(input),
    ...(input.tags === undefined ? {} : { tags: [...new Set(input.tags ?? [])] }),
  };
  const duplicate = await findDuplicate(tx, { id, rootId: place.place.rootId, externalId: input.externalId });
  if (duplicate)
    return refuse('conflict', { pointer: '/externalId', detail: 'another device has this external id' });
  return { ok: true, id, place: place.place, columns: row === null ? wanted : differences(row, wanted) };
}

function texts(input: DeviceInput): Columns {
  const names = ['serial', 'label', 'person', 'location', 'externalId'] as const;
  return Object.fromEntries(
    names.flatMap((name) => (input[name] === undefined ? [] : [[name, input[name]]])),
  );
}

function differences(row: DocumentRow, wanted: Columns): Columns {
  const entries = Object.entries(wanted).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(row, name)),
  );
  return Object.fromEntries(entries);
}

function toCreate(columns: Columns): Omit<Prisma.DeviceUncheckedCreateInput, keyof CreatedElsewhere> {
  return columns as Omit<Prisma.DeviceUncheckedCreateInput, keyof CreatedElsewhere>;
}

interface CreatedElsewhere {
  readonly id: string;
  readonly mac: string;
  readonly siteId: string;
  readonly rootId: string;
  readonly sealedToken: Uint8Array;
  readonly tokenLookup: string;
}

/** Named, else where it is, else the one site that the actor can mean. */
async function choosePlace(
  tx: Db,
  ctx: StoreContext,
  row: DocumentRow | null,
  input: DeviceInput,
): Promise<Outcome<{ readonly place: SitePlace }>> {
  const find = (site: string): Promise<SitePlace | null> =>
    findSitePlace(tx, { actor: ctx.actor, scope: 'write', site });
  if (input.site !== undefined) {
    const named = await find(input.site);
    return named ? { ok: true, place: named } : invalid('/site', 'there is no such site');
  }
  const own = row ? await find(row.siteId) : null;
  const [only = 'default'] = ctx.actor.grants.flatMap((grant) => grant.siteId ?? []);
  const place = own ?? (await find(only));
  return place ? { ok: true, place } : invalid('/site', 'is needed');
}

async function chooseModel(
  tx: Db,
  row: DocumentRow | null,
  input: DeviceInput,
): Promise<Outcome<{ readonly columns: Columns }>> {
  const slug = input.model === undefined ? (row?.modelSlug ?? null) : input.model;
  const staysListed = row?.state === 'discovered' && input.state === 'discovered';
  if (slug === null && row?.modelSlug === null && staysListed) return { ok: true, columns: {} };
  if (slug === null) return invalid('/model', 'is needed, for example flyingvoice/fip14g');
  if (slug === row?.modelSlug) return { ok: true, columns: {} };
  const model = await tx.phoneModel.findUnique({ where: { slug }, select: { vendor: true } });
  if (model) return { ok: true, columns: { modelSlug: slug, vendor: model.vendor } };
  const slugs = (await tx.phoneModel.findMany({ select: { slug: true } })).map((each) => each.slug);
  const suggestion = suggestName(slug, slugs);
  const hint = suggestion === null ? '' : `; did you mean ${suggestion}?`;
  return invalid('/model', `there is no model ${slug}${hint}`);
}

/** Entering a phone that was only listed puts it into service, unless the body says that it is to stay listed. */
function chooseState(row: DocumentRow | null, input: DeviceInput): Outcome<{ readonly state: DeviceState }> {
  const current = row?.state ?? 'new';
  const wanted = input.state ?? (current === 'new' || current === 'discovered' ? 'active' : null);
  if (wanted === null || wanted === current) return { ok: true, state: (wanted ?? current) as DeviceState };
  if (wanted === 'discovered') return invalid('/state', 'only a phone that nobody entered is discovered');
  if (wanted === 'retired' && current === 'new') return invalid('/state', 'a new device cannot be retired');
  return { ok: true, state: wanted };
}

async function findDuplicate(
  tx: Db,
  about: { readonly id: string; readonly rootId: string; readonly externalId: string | null | undefined },
): Promise<boolean> {
  const { id, rootId, externalId } = about;
  if (!externalId) return false;
  const where = { rootId, externalId, state: { not: 'retired' }, id: { not: id } };
  return (await tx.device.count({ where })) > 0;
}

/** Every large table carries the root site, to shard and to limit by. Accounts that only this device uses move along. */
async function moveToRoot(tx: Db, id: string, rootId: string): Promise<void> {
  const where = { deviceId: id };
  const data = { rootId };
  await tx.line.updateMany({ where, data });
  await tx.lineKey.updateMany({ where, data });
  await tx.module.updateMany({ where, data });
  await tx.setting.updateMany({ where, data });
  await tx.deviceFile.updateMany({ where, data });
  await tx.publication.updateMany({ where, data });
}

async function writeDeviceSettings(
  tx: Db,
  ctx: StoreContext,
  about: { readonly id: string; readonly rootId: string; readonly input: DeviceInput },
): Promise<string[]> {
  const { id, rootId, input } = about;
  const write = {
    owner: { layer: 'device', deviceId: id, rootId },
    vendor: null,
    setBy: ctx.actor.name,
  } as const;
  const { variables, parameters } = input;
  const set =
    variables === undefined
      ? []
      : await writeSettings(tx, ctx.vault, { ...write, kind: 'variable', values: variables });
  const own =
    parameters === undefined
      ? []
      : await writeSettings(tx, ctx.vault, { ...write, kind: 'parameter', values: parameters });
  return [...set.map((key) => `variables.${key}`), ...own.map((key) => `parameters.${key}`)];
}
