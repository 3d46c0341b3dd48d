import { reachOf } from '#lib/domain/actor.ts';
import type { Prisma } from '#prisma/generated/client.ts';
import { DEVICE_IN_SCOPE, SITE_IN_SCOPE } from './catalog-scope.ts';
import type { Db } from './client.ts';
import type { StoreContext } from './context.ts';
import type { JobDocument } from './effect.ts';
import { type Page, type PageRequest, pageLimit, readCursor, toPage } from './page.ts';
import { isId } from './reach.ts';

export type { JobDocument } from './effect.ts';

export interface JobInput {
  readonly kind: 'publish';
  readonly summary: string;
  readonly actor: string;
  readonly catalogRevision: bigint;
  readonly total: number;
  readonly rootId: string | null;
}

export async function createJob(db: Db, input: JobInput): Promise<JobDocument> {
  return toDocument(await db.job.create({ data: input }));
}

export async function getJob(ctx: StoreContext, id: string): Promise<JobDocument | null> {
  if (!isId(id)) return null;
  const row = await ctx.db.job.findFirst({ where: { id, ...(await rootsWithin(ctx)) } });
  return row && toDocument(row);
}

/** Newest first. */
export async function listJobs(ctx: StoreContext, request: PageRequest = {}): Promise<Page<JobDocument>> {
  const limit = pageLimit(request);
  const [before, id] = readCursor(request, ['time', 'id']) ?? [];
  const createdAt = new Date(before ?? 0);
  const after =
    id === undefined ? {} : { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] };
  const rows = await ctx.db.job.findMany({
    where: { AND: [after, await rootsWithin(ctx)] },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
  });
  return toPage(rows, limit, { keyOf: (row) => [row.createdAt.toISOString(), row.id], toItem: toDocument });
}

/** A job belongs to the root site of what it publishes; one without a root is seen by those who see everything. */
async function rootsWithin(ctx: StoreContext): Promise<Prisma.JobWhereInput> {
  const reach = reachOf(ctx.actor, 'read');
  if (reach === 'all') return {};
  const sites = await ctx.db.site.findMany({ where: { id: { in: [...reach] } }, select: { rootId: true } });
  return { rootId: { in: sites.map((site) => site.rootId) } };
}

/**
 * Counts how far running jobs are, from the devices themselves; closes those that are done and the catalog changes
 * behind which nobody is any more.
 */
export async function settleChanges(db: Db): Promise<void> {
  await db.$executeRaw`
    UPDATE jobs j SET done = greatest(j.total - n.behind, 0), failed = n.failing,
      state = CASE WHEN n.behind = 0 THEN 'done' ELSE 'running' END,
      finished_at = CASE WHEN n.behind = 0 THEN now() END
    FROM (
      SELECT j.id,
        count(d.id) FILTER (WHERE d.compiled_catalog_revision < j.catalog_revision)::int AS behind,
        count(d.id) FILTER (WHERE d.compiled_catalog_revision >= j.catalog_revision
          AND d.publication_state = 'failing')::int AS failing
      FROM jobs j JOIN catalog_changes c ON c.revision = j.catalog_revision
        LEFT JOIN (devices d JOIN sites s ON s.id = d.site_id) ON ${DEVICE_IN_SCOPE}
      WHERE j.state = 'running' AND j.kind = 'publish'
      GROUP BY j.id
    ) n WHERE n.id = j.id`;
  await db.$executeRaw`
    UPDATE catalog_changes c SET swept = true WHERE NOT c.swept
      AND NOT EXISTS (SELECT FROM devices d JOIN sites s ON s.id = d.site_id
        WHERE d.compiled_catalog_revision < c.revision AND ${DEVICE_IN_SCOPE})
      AND NOT EXISTS (SELECT FROM site_publications p JOIN sites s ON s.id = p.site_id
        WHERE p.compiled_catalog_revision < c.revision AND ${SITE_IN_SCOPE})`;
}

type JobRow = Prisma.JobGetPayload<object>;

function toDocument(row: JobRow): JobDocument {
  const { id, kind, summary, actor, total, done, failed } = row;
  return {
    ...{ id, kind, summary, actor, total, done, failed },
    state: row.state === 'done' ? 'done' : 'running',
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}
