/** The transaction that makes compiled files current. It writes only what nothing has overtaken meanwhile. */
import { describeFinding, type Finding } from '#lib/domain/finding.ts';
import { insertArtifacts, type SealedArtifact } from './artifacts.ts';
import { holdCatalog } from './catalog-revision.ts';
import { type Db, inTransaction } from './client.ts';

/** A file as `device_files` and the history hold it. */
export interface StoredFile {
  readonly name: string;
  readonly role: 'main' | 'boot' | 'common';
  readonly address: string;
  readonly provenanceAddress: string;
  readonly etag: string;
  readonly bytes: number;
  readonly contentType: string;
}

export interface DeviceResult {
  readonly id: string;
  /** The version that was compiled. */
  readonly version: number;
  /** Null: the files stay as they are. */
  readonly files: readonly StoredFile[] | null;
  readonly findings: readonly Finding[];
  readonly failed: boolean;
}

export interface PublicationBatch {
  /** Catalog revision that was compiled with. */
  readonly revision: bigint;
  readonly results: readonly DeviceResult[];
  readonly artifacts: readonly SealedArtifact[];
  readonly cause: string;
}

export interface WrittenBatch {
  readonly published: readonly string[];
  readonly unchanged: readonly string[];
  readonly failing: readonly string[];
  /** Their version or the catalog moved while they were compiled. */
  readonly moved: readonly string[];
}

export async function writePublications(db: Db, batch: PublicationBatch): Promise<WrittenBatch> {
  return inTransaction(db, async (tx) => {
    const ids = batch.results.map((result) => result.id);
    if (!(await holdCatalog(tx, batch.revision)))
      return { published: [], unchanged: [], failing: [], moved: ids };
    const versions = await lockDevices(tx, ids);
    const still = batch.results.filter((result) => versions.get(result.id) === result.version);
    const moved = ids.filter((id) => versions.has(id) && !still.some((result) => result.id === id));
    const changes = await findFileChanges(tx, still);
    await insertArtifacts(tx, batch.artifacts);
    await writeFiles(tx, changes);
    await writeStates(tx, still, { changes, revision: batch.revision });
    await writeHistory(tx, changes, batch);
    await writeEvents(tx, still, { changes, cause: batch.cause });
    const changed = new Set(changes.filter((each) => each.newRevision).map((each) => each.id));
    const settled = still.filter((result) => !result.failed).map((result) => result.id);
    return {
      published: settled.filter((id) => changed.has(id)),
      unchanged: settled.filter((id) => !changed.has(id)),
      failing: still.filter((result) => result.failed).map((result) => result.id),
      moved,
    };
  });
}

/** The catalog first, then the devices in the order of their ids: everybody locks in this order. */
async function lockDevices(tx: Db, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.$queryRaw<{ id: string; version: number }[]>`
    SELECT id, version FROM devices WHERE id = ANY (${[...ids]}::uuid[]) AND state <> 'discovered'
    ORDER BY id FOR NO KEY UPDATE`;
  return new Map(rows.map((row) => [row.id, row.version]));
}

interface FileChange {
  readonly id: string;
  readonly files: readonly StoredFile[];
  readonly removed: readonly string[];
  readonly written: readonly StoredFile[];
  /** A name or a content changed; where only the origins did, the phone has nothing new to fetch. */
  readonly newRevision: boolean;
}

async function findFileChanges(tx: Db, results: readonly DeviceResult[]): Promise<FileChange[]> {
  const rows = await tx.deviceFile.findMany({
    where: { deviceId: { in: results.map((result) => result.id) } },
  });
  const byDevice = Map.groupBy(rows, (row) => row.deviceId);
  return results.flatMap(({ id, files }) => {
    if (files === null) return [];
    const before = byDevice.get(id) ?? [];
    const beforeByName = new Map(before.map((row) => [row.name, row]));
    const removed = before.map((row) => row.name).filter((name) => !files.some((file) => file.name === name));
    const written = files.filter((file) => !isSameFile(beforeByName.get(file.name), file));
    const newRevision =
      removed.length > 0 || written.some((file) => !isSameContent(beforeByName.get(file.name), file));
    return [{ id, files, removed, written, newRevision }];
  });
}

function isSameContent(
  before: (Omit<StoredFile, 'role'> & { role: string }) | undefined,
  file: StoredFile,
): boolean {
  return (
    before?.address === file.address && before.role === file.role && before.contentType === file.contentType
  );
}

function isSameFile(
  before: (Omit<StoredFile, 'role'> & { role: string }) | undefined,
  file: StoredFile,
): boolean {
  return isSameContent(before, file) && before?.provenanceAddress === file.provenanceAddress;
}

async function writeFiles(tx: Db, changes: readonly FileChange[]): Promise<void> {
  const removed = changes.flatMap(({ id, removed }) => removed.map((name) => ({ device_id: id, name })));
  if (removed.length > 0)
    await tx.$executeRaw`
      DELETE FROM device_files f USING jsonb_to_recordset(${JSON.stringify(removed)}::jsonb) AS x(device_id uuid, name text)
      WHERE f.device_id = x.device_id AND f.name = x.name`;
  const written = changes.flatMap(({ id, written }) => written.map((file) => ({ deviceId: id, ...file })));
  if (written.length > 0)
    await tx.$executeRaw`
      INSERT INTO device_files (device_id, name, root_id, role, address, provenance_address, etag, bytes, content_type)
      SELECT d.id, x.name, d.root_id, x.role, x.address, x."provenanceAddress", x.etag, x.bytes, x."contentType"
      FROM jsonb_to_recordset(${JSON.stringify(written)}::jsonb) AS x("deviceId" uuid, name text, role text, address text,
        "provenanceAddress" text, etag text, bytes int, "contentType" text)
        JOIN devices d ON d.id = x."deviceId"
      ON CONFLICT (device_id, name) DO UPDATE SET root_id = excluded.root_id, role = excluded.role,
        address = excluded.address, provenance_address = excluded.provenance_address, etag = excluded.etag,
        bytes = excluded.bytes, content_type = excluded.content_type`;
}

interface StateFacts {
  readonly changes: readonly FileChange[];
  readonly revision: bigint;
}

/** What the files were made from is written for refused devices too: they are not behind, they are wrong. */
async function writeStates(tx: Db, results: readonly DeviceResult[], facts: StateFacts): Promise<void> {
  const changed = new Set(facts.changes.filter((each) => each.newRevision).map((each) => each.id));
  const rows = results.map((result) => ({
    id: result.id,
    state: result.failed ? 'failing' : 'published',
    findings: result.findings,
    changed: changed.has(result.id),
  }));
  if (rows.length === 0) return;
  await tx.$executeRaw`
    UPDATE devices d SET publication_state = x.state, findings = x.findings,
      revision = d.revision + x.changed::int,
      published_at = CASE WHEN x.changed THEN now() ELSE d.published_at END,
      compiled_version = d.version, compiled_catalog_revision = ${facts.revision}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS x(id uuid, state text, findings jsonb, changed boolean)
    WHERE d.id = x.id`;
}

/** The feed row was written by a trigger a moment ago; it tells later which workers have this revision. */
async function writeHistory(tx: Db, changes: readonly FileChange[], batch: PublicationBatch): Promise<void> {
  const rows = changes.filter((each) => each.newRevision).map(({ id, files }) => ({ id, files }));
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO publications
      (device_id, revision, root_id, catalog_revision, device_version, files, cause, feed_id, feed_xid)
    SELECT d.id, d.revision, d.root_id, ${batch.revision}, d.version, x.files, ${batch.cause}, f.id, f.xid
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS x(id uuid, files jsonb)
      JOIN devices d ON d.id = x.id
      LEFT JOIN feed f ON f.xid = pg_current_xact_id()::text::bigint AND f.kind = 'device' AND f.key = d.id::text`;
}

interface EventFacts {
  readonly changes: readonly FileChange[];
  readonly cause: string;
}

/** The device's own timeline: a new revision, or why there is none. */
async function writeEvents(tx: Db, results: readonly DeviceResult[], facts: EventFacts): Promise<void> {
  const rows = results.flatMap((result) => {
    const change = facts.changes.find((each) => each.id === result.id && each.newRevision);
    if (result.failed)
      return [{ id: result.id, kind: 'publish-failed', summary: describeFailure(result.findings), files: 0 }];
    return change
      ? [{ id: result.id, kind: 'published', summary: facts.cause, files: change.files.length }]
      : [];
  });
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO events (id, at, kind, root_id, site_id, device_id, mac, worker, summary, data)
    SELECT gen_random_uuid(), clock_timestamp(), x.kind, d.root_id, d.site_id, d.id, d.mac, 'store',
      CASE x.kind WHEN 'published' THEN format('Revision %s published, %s files: %s', d.revision, x.files, x.summary)
        ELSE format('Not published: %s', x.summary) END,
      jsonb_build_object('revision', d.revision, 'files', x.files)
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS x(id uuid, kind text, summary text, files int)
      JOIN devices d ON d.id = x.id`;
}

function describeFailure(findings: readonly Finding[]): string {
  const first = findings.find((finding) => finding.severity === 'error') ?? findings[0];
  return first ? describeFinding(first) : 'nothing could be compiled';
}
