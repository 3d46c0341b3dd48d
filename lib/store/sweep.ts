/** Recompiles the devices and common files that are behind, and no others. Any number of workers may sweep at once. */
import { Prisma } from '#prisma/generated/client.ts';
import { DEVICE_IN_SCOPE } from './catalog-scope.ts';
import { type Db, inTransaction } from './client.ts';
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

/** Does one batch. Call again while there is more, else when the feed wakes and every few seconds. */
export async function sweep(
  publish: PublishContext,
  options: { readonly limit?: number } = {},
): Promise<SweepResult> {
  const limit = options.limit ?? BATCH;
  const devices = await inTransaction(
    publish.db,
    async (tx) => {
      const ids = await claimBehind(tx, limit);
      if (ids.length > 0) await publishDevices(publish, ids, 'catalog or device changed');
      return ids.length;
    },
    { timeoutMs: CLAIM_TIMEOUT_MS },
  );
  const sites = await publishSitesBehind(publish, limit);
  await settleChanges(publish.db);
  return { devices, sites, more: devices >= limit || sites >= limit };
}

/** Of pg_try_advisory_xact_lock, so that it meets no other use. */
const CLAIM_CLASS = 20_261_120;

/**
 * A claim is an advisory lock that ends with the transaction, or with the worker: rows stay free for people to change
 * while their files are compiled. Those of other sweepers are skipped.
 */
async function claimBehind(tx: Db, limit: number): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    WITH behind AS MATERIALIZED (${selectBehind(limit * 4)})
    SELECT id FROM behind WHERE pg_try_advisory_xact_lock(${CLAIM_CLASS}::int, hashtext(id::text)) LIMIT ${limit}`;
  return rows.map((row) => row.id);
}

function selectBehind(limit: number): Prisma.Sql {
  return Prisma.sql`
    (SELECT id FROM devices WHERE version <> compiled_version AND state <> 'discovered' ORDER BY id LIMIT ${limit})
    UNION
    (SELECT d.id FROM catalog_changes c, devices d JOIN sites s ON s.id = d.site_id
     WHERE NOT c.swept AND d.compiled_catalog_revision < c.revision AND ${DEVICE_IN_SCOPE} LIMIT ${limit})`;
}
