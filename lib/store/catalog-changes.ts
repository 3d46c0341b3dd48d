/** The one way in which anything that is not a device is changed: revision, scope, write and audit in one transaction. */
import { type AuditInput, writeAudit } from './audit.ts';
import { type CatalogScope, findAffected } from './catalog-scope.ts';
import type { Db } from './client.ts';
import type { StoreContext } from './context.ts';
import { type Effect, NO_EFFECT } from './effect.ts';
import { createJob, settleChanges } from './jobs.ts';
import { type Outcome, transact } from './outcome.ts';
import { publishDevices } from './publications.ts';
import { publishSitesBehind } from './site-publications.ts';

export { type CatalogScope, EVERYTHING } from './catalog-scope.ts';

/** More devices than this are published by a job. */
export const INLINE_LIMIT = 20;

/** What a write of the catalog did. */
export interface Written<T> {
  readonly value: T;
  /** Whose files it can change; `nothing`: nobody's. Null: nothing was written after all. */
  readonly scope: CatalogScope | 'nothing' | null;
  readonly audit: AuditInput;
}

/**
 * Runs one write of the catalog and publishes what it affects: at most 20 devices at once, more by a job that the
 * sweeper works through. Device publications that are on their way compare the revision and start over.
 */
export async function changeCatalog<T>(
  ctx: StoreContext,
  write: (tx: Db) => Promise<Outcome<Written<T>>>,
): Promise<Outcome<{ readonly value: T; readonly effect: Effect }>> {
  const committed = await transact(ctx.db, async (tx) => {
    const revision = await takeRevision(tx);
    const written = await write(tx);
    if (!written.ok || written.scope === null) return written;
    await writeAudit(tx, ctx, written.audit);
    await recordChange(tx, ctx, { revision, scope: written.scope, summary: written.audit.summary });
    return { ...written, revision };
  });
  if (!committed.ok) return committed;
  const { value, scope } = committed;
  if (!('revision' in committed) || scope === null || scope === 'nothing')
    return { ok: true, value, effect: NO_EFFECT };
  const { revision, audit } = committed;
  const effect = await publishAffected(ctx, {
    revision,
    scope,
    summary: audit.summary,
    rootId: audit.rootId ?? null,
  });
  return { ok: true, value, effect };
}

/** A write to the catalog inside a transaction that is about something else, of which no device can know yet. */
export async function recordInertChange(tx: Db, ctx: StoreContext, audit: AuditInput): Promise<void> {
  const revision = await takeRevision(tx);
  await writeAudit(tx, ctx, audit);
  await recordChange(tx, ctx, { revision, scope: 'nothing', summary: audit.summary });
}

/** How many devices a change of this scope can affect. */
export async function countAffected(ctx: StoreContext, scope: CatalogScope): Promise<number> {
  return (await findAffected(ctx.db, scope, 0)).count;
}

/** The next revision; the row stays locked, so that no device is published in between. */
async function takeRevision(tx: Db): Promise<bigint> {
  const rows = await tx.$queryRaw<{ revision: bigint }[]>`
    SELECT catalog_revision + 1 AS revision FROM installation FOR UPDATE`;
  const revision = rows[0]?.revision;
  if (revision === undefined) throw new Error('The database was never seeded');
  return revision;
}

interface Change {
  readonly revision: bigint;
  readonly scope: CatalogScope | 'nothing';
  readonly summary: string;
}

async function recordChange(tx: Db, ctx: StoreContext, { revision, scope, summary }: Change): Promise<void> {
  const inert = scope === 'nothing';
  const limits = inert ? { vendors: [], models: [], siteId: null } : scope;
  await tx.$executeRaw`UPDATE installation SET catalog_revision = ${revision}`;
  await tx.catalogChange.create({
    data: {
      revision,
      vendors: [...limits.vendors],
      models: [...limits.models],
      siteId: limits.siteId,
      inert,
      swept: inert,
      summary,
      actor: ctx.actor.name,
    },
  });
}

interface Affecting {
  readonly revision: bigint;
  readonly scope: CatalogScope;
  readonly summary: string;
  readonly rootId: string | null;
}

/** If this process ends before it is through, the sweeper finds the devices behind the change. */
async function publishAffected(ctx: StoreContext, change: Affecting): Promise<Effect> {
  const { ids, count } = await findAffected(ctx.db, change.scope, INLINE_LIMIT);
  if (count > INLINE_LIMIT) {
    const job = await createJob(ctx.db, {
      kind: 'publish',
      summary: change.summary,
      actor: ctx.actor.name,
      catalogRevision: change.revision,
      total: count,
      rootId: change.rootId,
    });
    return { affected: count, failing: 0, state: 'queued', job };
  }
  const report = await publishDevices(ctx, ids, change.summary);
  await publishSitesBehind(ctx, INLINE_LIMIT);
  await settleChanges(ctx.db);
  const state = report.left.length === 0 ? 'published' : 'queued';
  return { affected: count, failing: report.failing.length, state, job: null };
}
