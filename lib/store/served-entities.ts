/** The current state of what the feed names, as workers store it. */

import type { Mac } from '#lib/domain/mac.ts';
import { applyOverlay, modelOverlaySchema } from '#lib/domain/model.ts';
import type { ServedDevice, ServedEntity, ServedFile, ServedSite } from '#lib/domain/served.ts';
import { Prisma } from '#prisma/generated/client.ts';
import type { Db } from './client.ts';
import { toState } from './device-rows.ts';
import { toRule } from './rule-rows.ts';

/** What a worker is told of: not phones that nobody entered, and retired ones only while they have files to fetch. */
const IS_SERVED = Prisma.sql`(d.state IN ('active', 'suspended')
  OR (d.state = 'retired' AND EXISTS (SELECT FROM device_files f WHERE f.device_id = d.id)))`;

interface DeviceRow {
  readonly id: string;
  readonly mac: string;
  readonly state: string;
  readonly vendor: string | null;
  readonly model: string | null;
  readonly siteId: string;
  readonly rootId: string;
  readonly tags: string[];
  readonly sealedToken: Uint8Array;
  readonly tokenLookup: string;
  readonly previousTokenLookup: string | null;
  readonly revision: number;
  readonly servedVersion: number;
  readonly files: readonly ServedFile[];
}

/** Devices that workers are told of, in the order of their ids. */
export function readServedDevices(db: Db, ids: readonly string[]): Promise<ServedEntity[]> {
  return selectDevices(db, Prisma.sql`d.id = ANY (${[...ids]}::uuid[])`, null);
}

/** The next devices behind an id, for a snapshot. */
export function pageServedDevices(db: Db, after: string | null, limit: number): Promise<ServedEntity[]> {
  return selectDevices(db, after === null ? Prisma.sql`true` : Prisma.sql`d.id > ${after}::uuid`, limit);
}

async function selectDevices(db: Db, condition: Prisma.Sql, limit: number | null): Promise<ServedEntity[]> {
  const rows = await db.$queryRaw<DeviceRow[]>`
    SELECT d.id, d.mac::text AS mac, d.state, d.vendor, d.model_slug AS model, d.site_id AS "siteId",
      d.root_id AS "rootId", d.tags, d.sealed_token AS "sealedToken", d.token_lookup AS "tokenLookup",
      d.previous_token_lookup AS "previousTokenLookup", d.revision, d.served_version AS "servedVersion",
      COALESCE((SELECT jsonb_agg(jsonb_build_object('name', f.name, 'address', f.address, 'etag', f.etag, 'bytes', f.bytes,
        'contentType', f.content_type, 'role', f.role) ORDER BY f.name)
        FROM device_files f WHERE f.device_id = d.id), '[]') AS files
    FROM devices d WHERE ${condition} AND ${IS_SERVED} ORDER BY d.id LIMIT ${limit}`;
  return rows.map((row) => ({ kind: 'device', key: row.id, value: toServedDevice(row) }));
}

function toServedDevice(row: DeviceRow): ServedDevice {
  const { id, vendor, model, siteId, rootId, tags, files } = row;
  const previous = row.previousTokenLookup === null ? [] : [row.previousTokenLookup];
  return {
    ...{ id, vendor, model, siteId, rootId, tags, files },
    mac: row.mac as Mac,
    state: toState(row.state),
    sealedToken: Buffer.from(row.sealedToken).toString('base64'),
    tokenLookups: [row.tokenLookup, ...previous],
    revision: row.revision === 0 ? null : row.revision,
    version: row.servedVersion,
  };
}

/** @param ids null: every site. */
export async function readServedSites(db: Db, ids: readonly string[] | null): Promise<ServedEntity[]> {
  const rows = await db.site.findMany({
    where: ids === null ? {} : { id: { in: [...ids] } },
    select: {
      ...{ id: true, rootId: true, parentId: true, slug: true, name: true, networks: true, publicBase: true },
      ...{ bootstrapCode: true, commonFilesFor: true, enrolmentUntil: true, servedVersion: true },
      siteFiles: { orderBy: [{ vendor: 'asc' }, { name: 'asc' }] },
    },
    orderBy: { id: 'asc' },
  });
  return rows.map(({ siteFiles, enrolmentUntil, servedVersion, ...row }): ServedEntity => {
    const value: ServedSite = {
      ...row,
      enrolmentUntil: enrolmentUntil?.toISOString() ?? null,
      commonFiles: Object.fromEntries(
        [...Map.groupBy(siteFiles, (file) => file.vendor)].map(([vendor, files]) => [
          vendor,
          files.map(toServedFile),
        ]),
      ),
      version: servedVersion,
    };
    return { kind: 'site', key: row.id, value };
  });
}

interface FileRow {
  readonly name: string;
  readonly address: string;
  readonly etag: string;
  readonly bytes: number;
  readonly contentType: string;
  readonly role: string;
}

function toServedFile({ name, address, etag, bytes, contentType, role }: FileRow): ServedFile {
  return { name, address, etag, bytes, contentType, role: role === 'boot' ? 'boot' : 'common' };
}

export async function readServedRules(db: Db, ids: readonly string[] | null): Promise<ServedEntity[]> {
  const where = ids === null ? {} : { id: { in: [...ids] } };
  const rows = await db.profileRule.findMany({ where, orderBy: { id: 'asc' } });
  return rows.map((row) => ({ kind: 'rule', key: row.id, value: toRule(row) }));
}

export async function readServedModels(db: Db, slugs: readonly string[] | null): Promise<ServedEntity[]> {
  const where = slugs === null ? {} : { slug: { in: [...slugs] } };
  const rows = await db.phoneModel.findMany({ where, orderBy: { slug: 'asc' } });
  return rows.map((row): ServedEntity => {
    const overlay = modelOverlaySchema.nullable().safeParse(row.overlay);
    const { slug, vendor, name, spellings } = applyOverlay(row, overlay.success ? overlay.data : null);
    return { kind: 'model', key: slug, value: { slug, vendor, name, spellings } };
  });
}

export async function readServedArtifacts(db: Db, addresses: readonly string[]): Promise<ServedEntity[]> {
  const rows = await db.artifact.findMany({
    where: { address: { in: [...addresses] } },
    select: { address: true, sealed: true },
  });
  return rows.map(({ address, sealed }) => ({ kind: 'artifact', key: address, value: { address, sealed } }));
}

/** Addresses of the files of devices and sites, each once. */
export function addressesOf(entities: readonly ServedEntity[]): string[] {
  const files = entities.flatMap((entity) => {
    if (entity.kind === 'device') return entity.value.files;
    return entity.kind === 'site' ? Object.values(entity.value.commonFiles).flat() : [];
  });
  return [...new Set(files.map((file) => file.address))];
}
