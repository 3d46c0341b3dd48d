/** Common files of plain paths: published for every pair of site and vendor that a trigger found a phone for. */
import type { CompileJob } from '#lib/compiler/job.ts';
import type { Finding } from '#lib/domain/finding.ts';
import { insertArtifacts, type SealedArtifact } from './artifacts.ts';
import { loadCatalog } from './catalog.ts';
import { holdCatalog } from './catalog-revision.ts';
import { SITE_IN_SCOPE } from './catalog-scope.ts';
import { type Db, inTransaction } from './client.ts';
import type { PublishContext } from './context.ts';
import type { StoredFile } from './publication-rows.ts';
import { cannotOpen, type PreparedFile, prepare, sealMissing } from './publications.ts';

interface Pair {
  readonly siteId: string;
  readonly vendor: string;
}

interface SiteResult extends Pair {
  /** Null: refused, the files stay as they are. */
  readonly files: readonly StoredFile[] | null;
  readonly findings: readonly Finding[];
}

/** Compiles pairs that were never compiled, or that a change has in its scope. Returns how many were behind. */
export async function publishSitesBehind(publish: PublishContext, limit: number): Promise<number> {
  const pairs = await publish.db.$queryRaw<Pair[]>`
    SELECT p.site_id AS "siteId", p.vendor FROM site_publications p JOIN sites s ON s.id = p.site_id
    WHERE p.compiled_catalog_revision = 0 OR EXISTS (SELECT FROM catalog_changes c
      WHERE NOT c.swept AND c.revision > p.compiled_catalog_revision AND ${SITE_IN_SCOPE})
    ORDER BY p.site_id, p.vendor LIMIT ${limit}`;
  if (pairs.length > 0) await publishSites(publish, pairs);
  return pairs.length;
}

async function publishSites(publish: PublishContext, pairs: readonly Pair[]): Promise<void> {
  const { db, vault, compiler } = publish;
  const { catalog, revision, unreadable } = await loadCatalog(db, vault);
  const jobs = pairs.map((pair): CompileJob => ({ kind: 'site', ...pair }));
  const compiled = await compiler.compile(catalog, jobs);
  const prepared = new Map<string, PreparedFile>();
  const results = pairs.map((pair, index): SiteResult => {
    const outcome = compiled[index];
    if (unreadable.length > 0) return { ...pair, files: null, findings: [cannotOpen(unreadable)] };
    if (!outcome?.ok) return { ...pair, files: null, findings: outcome?.findings ?? [] };
    const files = outcome.files.map((file) => prepare(vault, prepared, file));
    return { ...pair, files, findings: outcome.findings };
  });
  const artifacts = await sealMissing(publish, prepared);
  await writeSites(db, { revision, results, artifacts });
}

interface SiteBatch {
  readonly revision: bigint;
  readonly results: readonly SiteResult[];
  readonly artifacts: readonly SealedArtifact[];
}

/** Nothing is written when the catalog moved meanwhile: the pairs are still behind, and the next sweep takes them. */
async function writeSites(db: Db, batch: SiteBatch): Promise<void> {
  await inTransaction(db, async (tx) => {
    if (!(await holdCatalog(tx, batch.revision))) return;
    await insertArtifacts(tx, batch.artifacts);
    for (const result of batch.results) await writeSite(tx, result, batch.revision);
  });
}

async function writeSite(tx: Db, result: SiteResult, revision: bigint): Promise<void> {
  const { siteId, vendor, files, findings } = result;
  await tx.$executeRaw`
    UPDATE site_publications SET compiled_catalog_revision = ${revision}, findings = ${JSON.stringify(findings)}::jsonb,
      publication_state = ${files === null ? 'failing' : 'published'},
      published_at = CASE WHEN ${files !== null} THEN now() ELSE published_at END
    WHERE site_id = ${siteId}::uuid AND vendor = ${vendor}`;
  if (files === null) return;
  await tx.$executeRaw`
    DELETE FROM site_files WHERE site_id = ${siteId}::uuid AND vendor = ${vendor}
      AND NOT name = ANY (${files.map((file) => file.name)}::text[])`;
  await tx.$executeRaw`
    INSERT INTO site_files (site_id, vendor, name, root_id, role, address, provenance_address, etag, bytes, content_type)
    SELECT s.id, ${vendor}, x.name, s.root_id, x.role, x.address, x."provenanceAddress", x.etag, x.bytes, x."contentType"
    FROM sites s, jsonb_to_recordset(${JSON.stringify(files)}::jsonb) AS x(name text, role text, address text,
      "provenanceAddress" text, etag text, bytes int, "contentType" text)
    WHERE s.id = ${siteId}::uuid
    ON CONFLICT (site_id, vendor, name) DO UPDATE SET role = excluded.role, address = excluded.address,
      provenance_address = excluded.provenance_address, etag = excluded.etag, bytes = excluded.bytes,
      content_type = excluded.content_type`;
}
