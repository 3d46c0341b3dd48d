/** What every write of a device ends with: the audit entry in its transaction, and its files after it. */
import { SYSTEM } from '#lib/domain/actor.ts';
import type { DeviceDocument, PublicationDocument } from '#lib/domain/device-document.ts';
import type { DeviceInput } from '#lib/domain/device-input.ts';
import { formatMac, type Mac } from '#lib/domain/mac.ts';
import { writeAudit } from './audit.ts';
import { type Db, sqlState } from './client.ts';
import type { StoreContext } from './context.ts';
import { type DocumentRow, describeDevice, findDevice } from './device-documents.ts';
import { lockMac, writeDevice } from './device-write.ts';
import { type Outcome, refuse, transact } from './outcome.ts';
import { publishDevices } from './publications.ts';
import { isId } from './reach.ts';
import { publishSitesBehind } from './site-publications.ts';

export interface DeviceSaved {
  readonly device: DeviceDocument;
  readonly publication: PublicationDocument;
}

/** Reads a device again behind its lock, as the actor may write it. */
export async function lockDevice(tx: Db, ctx: StoreContext, id: string): Promise<DocumentRow | null> {
  const seen = isId(id) ? await tx.device.findUnique({ where: { id }, select: { mac: true } }) : null;
  if (seen === null) return null;
  await lockMac(tx, seen.mac);
  return findDevice(tx, ctx, { where: { id }, scope: 'write' });
}

export interface Saved {
  readonly id: string;
  readonly created: boolean;
  readonly changed: readonly string[];
}

export async function saveDevice(
  tx: Db,
  ctx: StoreContext,
  about: { readonly row: DocumentRow | null; readonly mac: Mac; readonly input: DeviceInput },
): Promise<Outcome<Saved>> {
  const before = about.row ? await describeDevice(tx, about.row) : null;
  const written = await writeDevice(tx, ctx, about);
  if (!written.ok) return written;
  const { id, changed } = written;
  if (changed.length > 0) await auditDevice(tx, ctx, { id, before, changed });
  return { ok: true, id, created: about.row === null, changed };
}

interface DeviceAudit {
  readonly id: string;
  readonly before: DeviceDocument | null;
  readonly changed: readonly string[];
}

export async function auditDevice(
  tx: Db,
  ctx: StoreContext,
  { id, before, changed }: DeviceAudit,
): Promise<void> {
  const row = await findDevice(tx, { ...ctx, actor: SYSTEM }, { where: { id }, scope: 'read' });
  if (row === null) return;
  const name = `${formatMac(row.mac as Mac)}${row.label === null ? '' : ` (${row.label})`}`;
  await writeAudit(tx, ctx, {
    action: before === null ? 'create' : 'change',
    noun: 'device',
    nounId: id,
    summary: before === null ? `Added ${name}` : `Changed ${changed.slice(0, 5).join(', ')} of ${name}`,
    before: before && toAudit(before),
    after: { ...toAudit(await describeDevice(tx, row)), changed },
    siteId: row.siteId,
    rootId: row.rootId,
  });
}

/** What people set; what the phone did and what was published is in the timeline. */
function toAudit(device: DeviceDocument): object {
  const { model, site, state, label, person, location, serial, lines, modules, keys } = device;
  const { variables, parameters, secrets, tags, externalId, version } = device;
  return {
    model,
    site,
    state,
    label,
    person,
    location,
    serial,
    lines,
    modules,
    keys,
    variables,
    parameters,
    secrets,
    tags,
    externalId,
    version,
  };
}

/** Two writers may want one external id in the same moment; the index decides, and the second is told so. */
export async function saveOnce(
  ctx: StoreContext,
  work: (tx: Db) => Promise<Outcome<Saved>>,
): Promise<Outcome<Saved>> {
  try {
    return await transact(ctx.db, work);
  } catch (error) {
    if (sqlState(error) !== '23505') throw error;
    return refuse('conflict', {
      pointer: '',
      detail: 'the same MAC or external id was written at the same time',
    });
  }
}

/** The first phone of a vendor at a site brings the site's common files with it. */
const FIRST_AT_ITS_SITE = 2;

export async function publishSaved(
  ctx: StoreContext,
  saved: { readonly id: string; readonly changed: readonly string[] },
): Promise<DeviceSaved> {
  if (saved.changed.length > 0) {
    await publishDevices(ctx, [saved.id], `change by ${ctx.actor.name}`);
    await publishSitesBehind(ctx, FIRST_AT_ITS_SITE);
  }
  const row = await findDevice(ctx.db, { ...ctx, actor: SYSTEM }, { where: { id: saved.id }, scope: 'read' });
  if (row === null) throw new Error(`The device ${saved.id} is gone`);
  const device = await describeDevice(ctx.db, row);
  return { device, publication: device.publication };
}
