import type { ServedEntity } from '#lib/domain/served.ts';
import { type Db, inTransaction } from './client.ts';
import {
  addressesOf,
  pageServedDevices,
  readServedArtifacts,
  readServedModels,
  readServedRules,
  readServedSites,
} from './served-entities.ts';

export interface Snapshot {
  readonly epoch: string;
  /** Where to follow the feed from. */
  readonly cursor: string;
  /** Rows above the cursor that the snapshot holds already. */
  readonly appliedAbove: readonly bigint[];
  readonly entities: number;
}

const BATCH = 500;
const BATCH_BYTES = 8 * 1024 * 1024;
const TIMEOUT_MS = 60 * 60_000;

/**
 * Everything that a worker serves, in one REPEATABLE READ transaction, in batches of at most 500 entities and about
 * 8 MiB. Artifacts come before what points at them. The batches are not kept: memory stays flat for any fleet.
 */
export async function readSnapshot(
  db: Db,
  onBatch: (batch: readonly ServedEntity[]) => void | Promise<void>,
): Promise<Snapshot> {
  return inTransaction(
    db,
    async (tx) => {
      const start = await readStart(tx);
      const sink = new Sink(tx, onBatch);
      await sink.send(await readServedModels(tx, null));
      await sink.send(await readServedSites(tx, null));
      await sink.send(await readServedRules(tx, null));
      for (let after: string | null = null; ; ) {
        const page: ServedEntity[] = await pageServedDevices(tx, after, BATCH);
        await sink.send(page);
        after = page.at(-1)?.key ?? null;
        if (page.length < BATCH) break;
      }
      return { ...start, entities: sink.sent };
    },
    { isolation: 'RepeatableRead', timeoutMs: TIMEOUT_MS },
  );
}

/** With no row to point at, the cursor stands behind every transaction that has ended. */
async function readStart(tx: Db): Promise<Omit<Snapshot, 'entities'>> {
  const rows = await tx.$queryRaw<Omit<Snapshot, 'entities'>[]>`
    SELECT feed_epoch() AS epoch, ARRAY(SELECT id FROM feed WHERE xid >= b.xmin AND xid < b.xmax ORDER BY id) AS "appliedAbove",
      COALESCE(
      (SELECT concat(xid, '.', id) FROM feed WHERE xid < b.xmin ORDER BY xid DESC, id DESC LIMIT 1),
      concat(b.xmin - 1, '.0')) AS cursor
    FROM (SELECT pg_snapshot_xmin(s)::text::bigint AS xmin, pg_snapshot_xmax(s)::text::bigint AS xmax
      FROM pg_current_snapshot() s) b`;
  const start = rows[0];
  if (!start) throw new Error('Postgres has no snapshot');
  return start;
}

class Sink {
  readonly #tx: Db;
  readonly #onBatch: (batch: readonly ServedEntity[]) => void | Promise<void>;
  readonly #sentAddresses = new Set<string>();
  sent = 0;

  constructor(tx: Db, onBatch: (batch: readonly ServedEntity[]) => void | Promise<void>) {
    this.#tx = tx;
    this.#onBatch = onBatch;
  }

  async send(entities: readonly ServedEntity[]): Promise<void> {
    for (let at = 0; at < entities.length; at += BATCH) {
      const batch = entities.slice(at, at + BATCH);
      await this.#sendArtifacts(addressesOf(batch));
      await this.#pass(batch);
    }
  }

  async #sendArtifacts(addresses: readonly string[]): Promise<void> {
    const wanted = addresses.filter((address) => !this.#sentAddresses.has(address));
    for (const address of wanted) this.#sentAddresses.add(address);
    for (let at = 0; at < wanted.length; at += BATCH) {
      const artifacts = await readServedArtifacts(this.#tx, wanted.slice(at, at + BATCH));
      for (const batch of splitBySize(artifacts)) await this.#pass(batch);
    }
  }

  async #pass(batch: readonly ServedEntity[]): Promise<void> {
    if (batch.length === 0) return;
    this.sent += batch.length;
    await this.#onBatch(batch);
  }
}

function splitBySize(entities: readonly ServedEntity[]): ServedEntity[][] {
  const batches: ServedEntity[][] = [[]];
  let bytes = 0;
  for (const entity of entities) {
    const size = entity.kind === 'artifact' ? entity.value.sealed.length : 0;
    if (bytes + size > BATCH_BYTES && bytes > 0) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(entity);
    bytes += size;
  }
  return batches;
}
