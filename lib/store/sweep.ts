/** Recompiles the devices and common files that are behind, and no others. Any number of workers may sweep at once. */
import { Prisma } from '#prisma/generated/client.ts';
import { DEVICE_IN_SCOPE, IS_ANY_UNSWEPT } from './catalog-scope.ts';
import { type Db, inTransaction, sqlState } from './client.ts';
import type { PublishContext } from './context.ts';
import { settleChanges } from './jobs.ts';
import { publishDevices } from './publications.ts';
import { publishSitesBehind } from './site-publications.ts';

export interface SweepResult {
  /** Devices that were behind and were compiled. */
  readonly devices: number;
  readonly sites: number;
  /** There is more to do at once. */
  readonly more: boolean;
}

const BATCH = 50;
/** A batch of which every device runs into the compile limit still ends before this. */
const CLAIM_TIMEOUT_MS = 10 * 60_000;

export interface SweepOptions {
  /** Devices of one batch. */
  readonly limit?: number;
  /** Whether running jobs are counted although there is more to do: that reads every device in their scope. */
  readonly countsJobs?: boolean;
}

/** Does one batch. Call again while there is more, else when the feed wakes and every few seconds. */
export async function sweep(publish: PublishContext, options: SweepOptions = {}): Promise<SweepResult> {
  const { limit = BATCH, countsJobs = true } = options;
  const devices = await inTransaction(
    publish.db,
    async (tx) => {
      const ids = await claimBehind(tx, limit);
      await publishClaimed(publish, ids);
      return ids.length;
    },
    { timeoutMs: CLAIM_TIMEOUT_MS },
  );
  const sites = await publishSitesBehind(publish, limit);
  const more = devices >= limit || sites >= limit;
  if (countsJobs || !more) await settleChanges(publish.db);
  return { devices, sites, more };
}

const CAUSE = 'catalog or device changed';

/** A phone of which Postgres takes no publication must not hold up the others; what it was is thrown when they are done. */
async function publishClaimed(publish: PublishContext, ids: readonly string[]): Promise<void> {
  try {
    if (ids.length > 0) await publishDevices(publish, ids, CAUSE);
  } catch (error) {
    if (ids.length === 1 || sqlState(error) === null) throw error;
    const outcomes = [];
    for (const id of ids) outcomes.push(await Promise.allSettled([publishDevices(publish, [id], CAUSE)]));
    const failed = outcomes.flat().find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

/** Of pg_try_advisory_xact_lock, so that it meets no other use; those who write devices lock MACs in the one before. */
const CLAIM_CLASS = 20_261_121;

/**
 * A claim is an advisory lock that ends with the transaction, or with the worker: rows stay free for people to change
 * while their files are compiled. Those of other sweepers are skipped.
 */
async function claimBehind(tx: Db, limit: number): Promise<string[]> {
  // Starting parallel workers takes Postgres longer than finding a batch.
  await tx.$executeRaw`SET LOCAL max_parallel_workers_per_gather = 0`;
  const rows = await tx.$queryRaw<{ id: string }[]>`
    WITH behind AS MATERIALIZED (${selectBehind(limit * 4)})
    SELECT id FROM behind WHERE pg_try_advisory_xact_lock(${CLAIM_CLASS}::int, hashtext(id::text)) LIMIT ${limit}`;
  return rows.map((row) => row.id);
}

/**
 * Phones that somebody edited come first: nobody waits for one among the thousands that a change left behind. While
 * there is no unswept change at all, no device is looked at.
 */
function selectBehind(limit: number): Prisma.Sql {
  return Prisma.sql`
    WITH edited AS MATERIALIZED (
      SELECT id FROM devices WHERE version <> compiled_version AND state <> 'discovered' ORDER BY id LIMIT ${limit}
    ), outdated AS MATERIALIZED (
      SELECT d.id FROM devices d JOIN sites s ON s.id = d.site_id
      WHERE ${IS_ANY_UNSWEPT} AND EXISTS (SELECT FROM catalog_changes c
        WHERE NOT c.swept AND d.compiled_catalog_revision < c.revision AND ${DEVICE_IN_SCOPE})
      LIMIT ${limit}
    )
    SELECT id FROM (
      SELECT id, 1 AS turn FROM edited UNION ALL
      SELECT id, 2 FROM outdated WHERE id NOT IN (SELECT id FROM edited)
    ) each ORDER BY turn, id`;
}
