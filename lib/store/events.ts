/** What phones did, as workers report it in batches: their timeline, and what it says of their state. */
import { reachOf } from '#lib/domain/actor.ts';
import { EVENT_KINDS, type PhoneEvent } from '#lib/domain/event.ts';
import { Prisma } from '#prisma/generated/client.ts';
import { type Db, inTransaction } from './client.ts';
import type { StoreContext } from './context.ts';
import { findDevice } from './device-documents.ts';
import { type Page, type PageRequest, pageLimit, readCursor, toPage } from './page.ts';
import { isId, pathWithin } from './reach.ts';

/**
 * Stores a batch; events that are there already (same id and time) are left alone. Of devices, notes when and where
 * they were last seen, their firmware, and the revision that they fetched; ends the previous URL token of those that
 * used the current one, and removes the files of retired ones that fetched their last.
 */
export async function recordEvents(
  db: Db,
  events: readonly PhoneEvent[],
): Promise<{ readonly stored: number }> {
  if (events.length === 0) return { stored: 0 };
  const rows = JSON.stringify(events);
  return inTransaction(db, async (tx) => {
    const stored = await tx.$executeRaw`
      INSERT INTO events (id, at, kind, root_id, site_id, device_id, mac, worker, address, summary, data)
      SELECT e.id, e.at, e.kind, COALESCE(e."rootId", d.root_id), COALESCE(e."siteId", d.site_id), e."deviceId", e.mac,
        e.worker, e.address, e.summary, COALESCE(e.data, '{}')
      FROM ${batchOf(rows)} LEFT JOIN devices d ON d.id = e."deviceId"
      ON CONFLICT (id, at) DO NOTHING`;
    await noteSightings(tx, events, rows);
    return { stored };
  });
}

function batchOf(rows: string): Prisma.Sql {
  return Prisma.sql`jsonb_to_recordset(${rows}::jsonb) AS e(id uuid, at timestamptz(3), kind text, "rootId" uuid,
    "siteId" uuid, "deviceId" uuid, mac char(12), worker text, address text, summary text, data jsonb)`;
}

/** Events that are a sign of life of the phone itself. */
const SIGHTINGS = ['subscribe', 'download', 'notify-answered', 'refused', 'discovered'];

async function noteSightings(tx: Db, events: readonly PhoneEvent[], rows: string): Promise<void> {
  const ids = [...new Set(events.flatMap((event) => event.deviceId ?? []))].sort();
  if (ids.length === 0) return;
  await tx.$queryRaw`SELECT id FROM devices WHERE id = ANY (${ids}::uuid[]) ORDER BY id FOR NO KEY UPDATE`;
  await tx.$executeRaw`
    UPDATE devices d SET
      last_seen_at = greatest(d.last_seen_at, n.at),
      last_seen_address = CASE WHEN n.at >= COALESCE(d.last_seen_at, '-infinity')
        THEN COALESCE(n.address, d.last_seen_address) ELSE d.last_seen_address END,
      firmware = COALESCE(n.firmware, d.firmware),
      fetched_at = CASE WHEN n.fetched > COALESCE(d.fetched_revision, -1) THEN n.fetched_at ELSE d.fetched_at END,
      fetched_revision = greatest(d.fetched_revision, n.fetched),
      previous_token_lookup = CASE WHEN n.used_current THEN NULL ELSE d.previous_token_lookup END
    FROM (
      SELECT e."deviceId" AS id, max(e.at) AS at,
        (array_agg(e.address::inet ORDER BY e.at DESC) FILTER (WHERE e.address IS NOT NULL))[1] AS address,
        (array_agg(e.data ->> 'firmware' ORDER BY e.at DESC) FILTER (WHERE e.data ->> 'firmware' IS NOT NULL))[1] AS firmware,
        max((e.data ->> 'revision')::int) FILTER (WHERE ${IS_FETCH}) AS fetched,
        max(e.at) FILTER (WHERE ${IS_FETCH}) AS fetched_at,
        bool_or(COALESCE(${IS_FETCH} AND e.data ->> 'token' = 'current', false)) AS used_current
      FROM ${batchOf(rows)} WHERE e.kind = ANY (${SIGHTINGS}) AND e."deviceId" IS NOT NULL GROUP BY 1
    ) n WHERE n.id = d.id`;
  await tx.$executeRaw`
    DELETE FROM device_files f USING devices d
    WHERE d.id = f.device_id AND d.id = ANY (${ids}::uuid[]) AND d.state = 'retired'
      AND d.version = d.compiled_version AND d.fetched_revision >= d.revision`;
}

/** The account file was sent, or the phone has it already. */
const IS_FETCH = Prisma.sql`(e.kind = 'download' AND e.data ->> 'role' = 'main'
  AND e.data ->> 'status' IN ('200', '304') AND e.data ->> 'revision' ~ '^[0-9]{1,9}$')`;

/** A device's timeline, newest first; null when there is no such device for this actor. */
export async function deviceEvents(
  ctx: StoreContext,
  deviceId: string,
  request: PageRequest = {},
): Promise<Page<PhoneEvent> | null> {
  const device = isId(deviceId)
    ? await findDevice(ctx.db, ctx, { where: { id: deviceId }, scope: 'read' })
    : null;
  return device && selectEvents(ctx, request, [Prisma.sql`e.device_id = ${deviceId}::uuid`]);
}

export interface EventQuery extends PageRequest {
  /** The site and everything below it. */
  readonly siteId?: string | undefined;
  readonly kind?: string | undefined;
}

/** Of all phones that the actor may see, newest first. */
export async function listEvents(ctx: StoreContext, query: EventQuery = {}): Promise<Page<PhoneEvent>> {
  const reach = reachOf(ctx.actor, 'read');
  const { siteId, kind } = query;
  const within = (condition: Prisma.Sql): Prisma.Sql =>
    Prisma.sql`e.site_id IN (SELECT id FROM sites s WHERE ${condition})`;
  return selectEvents(ctx, query, [
    ...(reach === 'all' ? [] : [within(pathWithin(reach, Prisma.sql`s.path`))]),
    ...(siteId === undefined
      ? []
      : [within(isId(siteId) ? Prisma.sql`s.path @> ARRAY[${siteId}]::uuid[]` : Prisma.sql`false`)]),
    ...(kind === undefined ? [] : [Prisma.sql`e.kind = ${kind}`]),
  ]);
}

interface EventRow extends Omit<PhoneEvent, 'at' | 'kind' | 'data'> {
  readonly at: Date;
  readonly kind: string;
  readonly data: unknown;
}

async function selectEvents(
  ctx: StoreContext,
  request: PageRequest,
  conditions: readonly Prisma.Sql[],
): Promise<Page<PhoneEvent>> {
  const limit = pageLimit(request);
  const [at, id] = readCursor(request, ['time', 'id']) ?? [];
  const isLater = at !== undefined && id !== undefined;
  const after = isLater ? [Prisma.sql`(e.at, e.id) < (${at}::timestamptz, ${id}::uuid)`] : [];
  const rows = await ctx.db.$queryRaw<EventRow[]>`
    SELECT e.id, e.at, e.kind, e.device_id AS "deviceId", e.mac::text AS mac, e.site_id AS "siteId",
      e.root_id AS "rootId", e.worker, e.address, e.summary, e.data
    FROM events e WHERE ${Prisma.join([Prisma.sql`true`, ...conditions, ...after], ' AND ')}
    ORDER BY e.at DESC, e.id DESC LIMIT ${limit + 1}`;
  return toPage(rows, limit, { keyOf: (row) => [row.at.toISOString(), row.id], toItem: toEvent });
}

function toEvent(row: EventRow): PhoneEvent {
  const kind = EVENT_KINDS.find((each) => each === row.kind) ?? 'refused';
  return { ...row, at: row.at.toISOString(), kind, data: toData(row.data) };
}

function toData(value: unknown): PhoneEvent['data'] {
  if (typeof value !== 'object' || value === null) return {};
  const entries = Object.entries(value).filter(([, each]) => each === null || typeof each !== 'object');
  return Object.fromEntries(entries);
}
