/** Workers as they report themselves: where phones reach them, and how far their replicas are. */
import { z } from 'zod';
import { may } from '#lib/domain/actor.ts';
import { findFacingBase } from '#lib/domain/facing-base.ts';
import type { AuditInput } from './audit.ts';
import { changeCatalog } from './catalog-changes.ts';
import type { Db } from './client.ts';
import { asSystem, type PublishContext, type StoreContext } from './context.ts';
import { readInstallation, setPublicBase } from './installation.ts';

const interfaceSchema = z.object({
  name: z.string(),
  address: z.string(),
  /** CIDR of the interface. */
  network: z.string(),
  /** Base of URLs for phones behind it. */
  base: z.string(),
  joined: z.boolean(),
  lastSubscribeAt: z.string().nullable(),
});

export type WorkerInterface = z.output<typeof interfaceSchema>;

export interface WorkerBeat {
  readonly id: string;
  readonly host: string;
  readonly mode: string;
  readonly startedAt: string;
  /** Cursor of its replica; null: none yet. */
  readonly cursor: string | null;
  /** Feed rows above the cursor that are applied. */
  readonly appliedAbove: readonly bigint[];
  readonly interfaces: readonly WorkerInterface[];
  readonly ports: Readonly<Record<string, number>>;
  /** PROVOST_PUBLIC_BASE as this worker was started with. */
  readonly publicBase: string | null;
}

/** A worker that was not heard of for this long no longer decides anything. */
const SILENT_AFTER = '5 minutes';

/**
 * Says that a worker is there. A base that changed is a change of the catalog for the sites that it serves; one that
 * any living worker still reports stays, so that two workers cannot take turns in changing it.
 */
export async function heartbeat(publish: PublishContext, beat: WorkerBeat): Promise<void> {
  const { id, host, mode, cursor, appliedAbove, interfaces, ports, publicBase } = beat;
  const row = {
    ...{ host, mode, ports, publicBase, feedCursor: cursor, appliedRows: [...appliedAbove] },
    interfaces: interfaces.map((each) => ({ ...each })),
    startedAt: new Date(beat.startedAt),
    heardAt: new Date(),
  };
  await publish.db.worker.upsert({ where: { id }, create: { id, ...row }, update: row });
  const living = await readLiving(publish.db);
  await settlePublicBase(publish, [publicBase, ...living.map((worker) => worker.publicBase)]);
  await settleReportedBases(publish, [interfaces, ...living.map((worker) => worker.interfaces)]);
}

interface Living {
  readonly publicBase: string | null;
  readonly interfaces: readonly WorkerInterface[];
}

async function readLiving(db: Db): Promise<Living[]> {
  const rows = await db.$queryRaw<{ publicBase: string | null; interfaces: unknown }[]>`
    SELECT public_base AS "publicBase", interfaces FROM workers
    WHERE heard_at > now() - ${SILENT_AFTER}::interval ORDER BY id`;
  return rows.map((row) => ({ ...row, interfaces: toInterfaces(row.interfaces) }));
}

/** @param said by this worker first, then by every living one */
async function settlePublicBase(publish: PublishContext, said: readonly (string | null)[]): Promise<void> {
  const current = (await readInstallation(publish.db))?.publicBase ?? null;
  if (current !== null && said.includes(current)) return;
  await setPublicBase(publish, said.find((base) => base !== null) ?? null);
}

/** Where a site has no base of its own, URLs for its phones name the worker's address that faces its networks. */
async function settleReportedBases(
  publish: PublishContext,
  interfaces: readonly (readonly WorkerInterface[])[],
): Promise<void> {
  const sites = await publish.db.site.findMany({
    where: { publicBase: null },
    select: { id: true, name: true, rootId: true, networks: true, reportedBase: true, parentId: true },
    orderBy: { id: 'asc' },
  });
  for (const site of sites) {
    const bases = interfaces.flatMap((each) => findFacingBase(site, each) ?? []);
    const [base] = bases;
    if (base === undefined || (site.reportedBase !== null && bases.includes(site.reportedBase))) continue;
    await reportBase(publish, site, base);
  }
}

async function reportBase(
  publish: PublishContext,
  site: {
    readonly id: string;
    readonly name: string;
    readonly rootId: string;
    readonly reportedBase: string | null;
  },
  base: string,
): Promise<void> {
  const { id, rootId } = site;
  await changeCatalog(asSystem(publish), async (tx) => {
    await tx.site.update({ where: { id }, data: { reportedBase: base } });
    const audit: AuditInput = {
      ...{ action: 'change', noun: 'site', nounId: id, siteId: id, rootId },
      summary: `Phones of ${site.name} reach a worker at ${base}`,
      before: { reportedBase: site.reportedBase },
      after: { reportedBase: base },
    };
    return { ok: true, value: null, scope: { vendors: [], models: [], siteId: id }, audit };
  });
}

/** Written by another version of the worker, they may look otherwise: then there is nothing to read. */
function toInterfaces(value: unknown): readonly WorkerInterface[] {
  return z.array(interfaceSchema).catch([]).parse(value);
}

export interface ServedRevision {
  readonly worker: string;
  readonly heardAt: string;
  /** Newest revision of the device that the worker's replica holds; null: none. */
  readonly revision: number | null;
}

/** Which revision of a device each worker serves. */
export async function servedRevisions(db: Db, deviceId: string): Promise<ServedRevision[]> {
  const rows = await db.$queryRaw<{ worker: string; heardAt: Date; revision: number | null }[]>`
    SELECT w.id AS worker, w.heard_at AS "heardAt", (
      SELECT max(p.revision) FROM publications p WHERE p.device_id = ${deviceId}::uuid AND p.feed_id IS NOT NULL
        AND ((p.feed_xid, p.feed_id) <= (split_part(w.feed_cursor, '.', 1)::bigint, split_part(w.feed_cursor, '.', 2)::bigint)
          OR p.feed_id = ANY (w.applied_rows))) AS revision
    FROM workers w WHERE w.feed_cursor IS NOT NULL ORDER BY w.id`;
  return rows.map((row) => ({ ...row, heardAt: row.heardAt.toISOString() }));
}

export interface WorkerDocument {
  readonly id: string;
  readonly host: string;
  readonly mode: string;
  readonly startedAt: string;
  readonly heardAt: string;
  readonly cursor: string | null;
  readonly interfaces: readonly WorkerInterface[];
  readonly ports: Readonly<Record<string, number>>;
}

/** Heard last, first. */
export async function listWorkers(ctx: StoreContext): Promise<WorkerDocument[]> {
  if (!may(ctx.actor, 'read')) return [];
  const rows = await ctx.db.worker.findMany({ orderBy: [{ heardAt: 'desc' }, { id: 'asc' }], take: 200 });
  return rows.map((row) => ({
    ...{ id: row.id, host: row.host, mode: row.mode, cursor: row.feedCursor },
    startedAt: row.startedAt.toISOString(),
    heardAt: row.heardAt.toISOString(),
    interfaces: toInterfaces(row.interfaces),
    ports: z.record(z.string(), z.number()).catch({}).parse(row.ports),
  }));
}
