/**
 * The ordered change feed, as workers follow it. Rows carry the transaction that wrote them. A cursor is the last row,
 * in the order of transaction and id, below which no transaction can still appear: everything that is visible is sent
 * at once, but the cursor waits for the oldest transaction that is still open anywhere (`pg_snapshot_xmin`).
 */
import type { ServedEntity, ServedKind } from '#lib/domain/served.ts';
import { type Db, inTransaction } from './client.ts';
import {
  addressesOf,
  readServedArtifacts,
  readServedDevices,
  readServedModels,
  readServedRules,
  readServedSites,
} from './served-entities.ts';

export { readSnapshot, type Snapshot } from './feed-snapshot.ts';

/** Opaque: `transaction.row`. */
export type FeedCursor = string;

export interface FeedOptions {
  /** Which artifacts the caller has: those are not sent again. */
  readonly knownAddresses?: (address: string) => boolean;
  /** Rows above the cursor that the caller has applied, as the last answer listed them. */
  readonly appliedAbove?: readonly bigint[];
  /** Most rows of one answer. */
  readonly limit?: number;
}

export type FeedAnswer =
  | {
      readonly kind: 'changes';
      /** Artifacts first, so that nothing ever points at one that is missing. */
      readonly upserts: readonly ServedEntity[];
      readonly removals: readonly { readonly kind: ServedKind; readonly key: string }[];
      readonly cursor: FeedCursor;
      readonly appliedAbove: readonly bigint[];
      /** There were more rows than the limit. */
      readonly more: boolean;
    }
  | { readonly kind: 'snapshot-needed'; readonly reason: 'cursor-gone' | 'pruned' | 'bad-cursor' };

const DEFAULT_LIMIT = 2_000;

/** Which database this is: a copy, a restore or a promoted standby has another epoch, and cursors of it mean nothing. */
export async function readEpoch(db: Db): Promise<string> {
  const rows = await db.$queryRaw<{ epoch: string }[]>`SELECT feed_epoch() AS epoch`;
  return rows[0]?.epoch ?? '';
}

/** Everything that changed behind a cursor and is visible now, as it is now. */
export async function readChanges(
  db: Db,
  cursor: FeedCursor,
  options: FeedOptions = {},
): Promise<FeedAnswer> {
  const position = parseCursor(cursor);
  if (position === null) return { kind: 'snapshot-needed', reason: 'bad-cursor' };
  return inTransaction(db, (tx) => readInSnapshot(tx, position, options), { isolation: 'RepeatableRead' });
}

interface Position {
  readonly xid: bigint;
  /** 0: behind every row of the transaction, none of which may exist. */
  readonly id: bigint;
}

function parseCursor(cursor: FeedCursor): Position | null {
  const [, xid, id] = /^(\d{1,18})\.(\d{1,18})$/.exec(cursor) ?? [];
  return xid === undefined || id === undefined ? null : { xid: BigInt(xid), id: BigInt(id) };
}

interface FeedRow extends Position {
  readonly kind: string;
  readonly key: string;
}

async function readInSnapshot(tx: Db, position: Position, options: FeedOptions): Promise<FeedAnswer> {
  const horizon = await readHorizon(tx, position);
  const gone = findGap(position, horizon);
  if (gone) return { kind: 'snapshot-needed', reason: gone };
  const limit = options.limit ?? DEFAULT_LIMIT;
  const applied = options.appliedAbove ?? [];
  const rows = await readRows(tx, { position, horizon, applied, limit: limit + 1 });
  const taken = rows.slice(0, limit);
  const more = rows.length > limit;
  const next = await findCursor(tx, { position, horizon, upTo: more ? (taken.at(-1) ?? null) : null });
  const known = [...applied, ...taken.map((row) => row.id)];
  return {
    kind: 'changes',
    ...(await readNamed(tx, taken, options)),
    cursor: `${next.xid}.${next.id}`,
    appliedAbove: await keepAbove(tx, next, known),
    more,
  };
}

interface Horizon {
  /** Transactions below this one have ended. */
  readonly xmin: bigint;
  /** Transactions from here on have not begun: rows that say so come from a database that this is a copy of. */
  readonly xmax: bigint;
  readonly prunedTo: bigint;
  readonly isThere: boolean;
}

async function readHorizon(tx: Db, { xid, id }: Position): Promise<Horizon> {
  const rows = await tx.$queryRaw<Horizon[]>`
    SELECT pg_snapshot_xmin(s)::text::bigint AS xmin, pg_snapshot_xmax(s)::text::bigint AS xmax,
      COALESCE((SELECT feed_pruned_to FROM installation), 0) AS "prunedTo",
      EXISTS (SELECT FROM feed WHERE id = ${id} AND xid = ${xid}) AS "isThere"
    FROM pg_current_snapshot() s`;
  const horizon = rows[0];
  if (!horizon) throw new Error('Postgres has no snapshot');
  return horizon;
}

/** The row of a cursor is there unless it was pruned or the database is another. A cursor without a row has a bound. */
function findGap({ xid, id }: Position, horizon: Horizon): 'cursor-gone' | 'pruned' | null {
  if (xid >= horizon.xmax) return 'cursor-gone';
  if (id !== 0n) return horizon.isThere ? null : 'cursor-gone';
  const isOurs = horizon.prunedTo <= horizon.xmin;
  return isOurs && xid + 1n < horizon.prunedTo ? 'pruned' : null;
}

interface RowQuery {
  readonly position: Position;
  readonly horizon: Horizon;
  readonly applied: readonly bigint[];
  readonly limit: number;
}

function readRows(tx: Db, { position, horizon, applied, limit }: RowQuery): Promise<FeedRow[]> {
  return tx.$queryRaw<FeedRow[]>`
    SELECT id, xid, kind, key FROM feed
    WHERE (xid, id) > (${position.xid}, ${position.id}) AND xid < ${horizon.xmax} AND NOT id = ANY (${[...applied]}::bigint[])
    ORDER BY xid, id LIMIT ${limit}`;
}

interface CursorQuery {
  readonly position: Position;
  readonly horizon: Horizon;
  /** The last row of an answer that was cut short. */
  readonly upTo: Position | null;
}

async function findCursor(tx: Db, { position, horizon, upTo }: CursorQuery): Promise<Position> {
  const last = upTo ?? { xid: horizon.xmax, id: 0n };
  const rows = await tx.$queryRaw<Position[]>`
    SELECT xid, id FROM feed
    WHERE (xid, id) > (${position.xid}, ${position.id}) AND (xid, id) <= (${last.xid}, ${last.id}) AND xid < ${horizon.xmin}
    ORDER BY xid DESC, id DESC LIMIT 1`;
  return rows[0] ?? position;
}

async function keepAbove(tx: Db, cursor: Position, ids: readonly bigint[]): Promise<bigint[]> {
  if (ids.length === 0) return [];
  const rows = await tx.$queryRaw<{ id: bigint }[]>`
    SELECT id FROM feed WHERE id = ANY (${[...ids]}::bigint[]) AND (xid, id) > (${cursor.xid}, ${cursor.id}) ORDER BY id`;
  return rows.map((row) => row.id);
}

type Changes = Pick<Extract<FeedAnswer, { kind: 'changes' }>, 'upserts' | 'removals'>;

/** What is named and no longer served is a removal. */
async function readNamed(tx: Db, rows: readonly FeedRow[], options: FeedOptions): Promise<Changes> {
  const keys = (kind: ServedKind): string[] => [
    ...new Set(rows.filter((row) => row.kind === kind).map((row) => row.key)),
  ];
  const entities: ServedEntity[] = [];
  const removals: { kind: ServedKind; key: string }[] = [];
  for (const [kind, read] of READERS) {
    const named = keys(kind);
    if (named.length === 0) continue;
    const found = await read(tx, named);
    const there = new Set(found.map((entity) => entity.key));
    entities.push(...found);
    removals.push(...named.filter((key) => !there.has(key)).map((key) => ({ kind, key })));
  }
  const wanted = addressesOf(entities).filter((address) => !options.knownAddresses?.(address));
  const artifacts = wanted.length === 0 ? [] : await readServedArtifacts(tx, wanted);
  return { upserts: [...artifacts, ...entities], removals };
}

const READERS: readonly (readonly [
  ServedKind,
  (db: Db, keys: readonly string[]) => Promise<ServedEntity[]>,
])[] = [
  ['model', readServedModels],
  ['site', readServedSites],
  ['rule', readServedRules],
  ['device', readServedDevices],
];

/**
 * Forgets rows that are older than this. The newest row that a cursor can point at always stays. A worker that was away
 * for longer takes a snapshot. Returns how many rows went.
 */
export async function pruneFeed(db: Db, options: { readonly olderThanHours: number }): Promise<number> {
  return inTransaction(db, async (tx) => {
    const rows = await tx.$queryRaw<{ bound: bigint | null }[]>`
      SELECT least(
        (SELECT min(xid) FROM feed WHERE at >= now() - make_interval(hours => ${options.olderThanHours}::int)),
        (SELECT max(xid) FROM feed WHERE xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint)) AS bound`;
    const bound = rows[0]?.bound;
    if (bound === undefined || bound === null) return 0;
    const pruned = await tx.$executeRaw`DELETE FROM feed WHERE xid < ${bound}`;
    if (pruned > 0) await tx.$executeRaw`UPDATE installation SET feed_pruned_to = ${bound}`;
    return pruned;
  });
}
