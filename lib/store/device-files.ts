/** The files of a device, now and at any earlier revision, with secrets masked by where they come from. */

import { z } from 'zod';
import { may } from '#lib/domain/actor.ts';
import type { DeviceFileDocument } from '#lib/domain/device-document.ts';
import { describeLines, maskText, type ProvenanceLine } from '#lib/domain/provenance.ts';
import { readArtifact } from './artifacts.ts';
import { writeAudit } from './audit.ts';
import type { StoreContext } from './context.ts';
import { type DocumentRow, findDevice } from './device-documents.ts';
import { invalid, type Outcome, type Refusal, refuse } from './outcome.ts';
import { type Page, type PageRequest, pageLimit, readCursor, toPage } from './page.ts';
import type { StoredFile } from './publication-rows.ts';
import { isId } from './reach.ts';

const storedFilesSchema = z.array(
  z.object({
    name: z.string(),
    role: z.enum(['main', 'boot', 'common']),
    address: z.string(),
    provenanceAddress: z.string(),
    etag: z.string(),
    bytes: z.number(),
    contentType: z.string(),
  }),
);

/** Current files by name; null when there is no such device for this actor. */
export async function deviceFiles(ctx: StoreContext, id: string): Promise<DeviceFileDocument[] | null> {
  const row = await readable(ctx, id);
  return row && (await currentFiles(ctx, id)).map(toDocument);
}

export interface FileRequest {
  readonly name: string;
  /** An earlier publication; the current one unless given. */
  readonly revision?: number | undefined;
}

/** The text, masked; in clear with a reason, for those with the scope `reveal`, and written down. */
export async function deviceFileText(
  ctx: StoreContext,
  id: string,
  request: FileRequest & { readonly reveal?: { readonly reason: string } | undefined },
): Promise<Outcome<{ readonly text: string; readonly file: DeviceFileDocument }>> {
  const found = await openFile(ctx, id, request);
  if (!found.ok) return found;
  const file = toDocument(found.file);
  if (!request.reveal) return { ok: true, text: maskText(found.text, found.provenance), file };
  if (!may(ctx.actor, 'reveal') || !(await findDevice(ctx.db, ctx, { where: { id }, scope: 'reveal' })))
    return refuse('forbidden');
  const reason = request.reveal.reason.trim();
  if (reason === '') return invalid('/reason', 'is needed');
  await writeAudit(ctx.db, ctx, {
    ...{ action: 'reveal', noun: 'device', nounId: id, siteId: found.row.siteId, rootId: found.row.rootId },
    summary: `Revealed ${file.name} of ${found.row.label ?? found.row.mac}: ${reason.slice(0, 500)}`,
  });
  return { ok: true, text: found.text, file };
}

/** Where each line comes from. */
export async function deviceFileProvenance(
  ctx: StoreContext,
  id: string,
  request: FileRequest,
): Promise<Outcome<{ readonly lines: readonly ProvenanceLine[] }>> {
  const found = await openFile(ctx, id, request);
  return found.ok ? { ok: true, lines: describeLines(found.text, found.provenance) } : found;
}

export interface PublicationRecord {
  readonly revision: number;
  readonly publishedAt: string;
  readonly cause: string;
  readonly catalogRevision: string;
  readonly deviceVersion: number;
  readonly files: readonly DeviceFileDocument[];
}

/** What its files were at each revision, newest first; null when there is no such device for this actor. */
export async function listPublications(
  ctx: StoreContext,
  id: string,
  request: PageRequest = {},
): Promise<Page<PublicationRecord> | null> {
  if ((await readable(ctx, id)) === null) return null;
  const limit = pageLimit(request);
  const before = Number(readCursor(request, ['number'])?.[0] ?? Number.NaN);
  const rows = await ctx.db.publication.findMany({
    where: { deviceId: id, ...(Number.isInteger(before) ? { revision: { lt: before } } : {}) },
    orderBy: { revision: 'desc' },
    take: limit + 1,
  });
  return toPage(rows, limit, {
    keyOf: (row) => [String(row.revision)],
    toItem: (row) => ({
      revision: row.revision,
      publishedAt: row.publishedAt.toISOString(),
      cause: row.cause,
      catalogRevision: row.catalogRevision.toString(),
      deviceVersion: row.deviceVersion,
      files: storedFilesSchema.parse(row.files).map(toDocument),
    }),
  });
}

interface OpenFile {
  readonly row: DocumentRow;
  readonly file: StoredFile;
  readonly text: string;
  readonly provenance: string;
}

async function openFile(
  ctx: StoreContext,
  id: string,
  { name, revision }: FileRequest,
): Promise<({ readonly ok: true } & OpenFile) | Refusal> {
  const row = await readable(ctx, id);
  if (row === null) return refuse('not-found');
  const files = revision === undefined ? await currentFiles(ctx, id) : await filesAt(ctx, id, revision);
  const file = files.find((each) => each.name === name);
  if (!file) return refuse('not-found');
  const text = await readArtifact(ctx.db, ctx.vault, file.address);
  const provenance = await readArtifact(ctx.db, ctx.vault, file.provenanceAddress);
  if (text === null || provenance === null)
    throw new Error(`The artifact of ${name}, device ${id}, cannot be opened`);
  return { ok: true, row, file, text, provenance };
}

async function readable(ctx: StoreContext, id: string): Promise<DocumentRow | null> {
  return isId(id) ? findDevice(ctx.db, ctx, { where: { id }, scope: 'read' }) : null;
}

async function currentFiles(ctx: StoreContext, id: string): Promise<StoredFile[]> {
  const rows = await ctx.db.deviceFile.findMany({ where: { deviceId: id }, orderBy: { name: 'asc' } });
  return storedFilesSchema.parse(rows);
}

async function filesAt(ctx: StoreContext, id: string, revision: number): Promise<StoredFile[]> {
  const row = await ctx.db.publication.findUnique({
    where: { deviceId_revision: { deviceId: id, revision } },
    select: { files: true },
  });
  return row === null ? [] : storedFilesSchema.parse(row.files);
}

function toDocument({ name, role, etag, bytes, contentType }: StoredFile): DeviceFileDocument {
  return { name, role, etag, bytes, contentType };
}
