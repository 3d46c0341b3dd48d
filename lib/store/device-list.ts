/** Lists of devices: keyset-paged, searched by whatever people know of a phone. No query scans the table. */
import { isIP } from 'node:net';
import { reachOf } from '#lib/domain/actor.ts';
import { DEVICE_STATES, type DeviceState } from '#lib/domain/device.ts';
import type { DeviceSummary } from '#lib/domain/device-document.ts';
import { describeFinding } from '#lib/domain/finding.ts';
import { Prisma } from '#prisma/generated/client.ts';
import { IS_BEHIND } from './catalog-scope.ts';
import type { StoreContext } from './context.ts';
import { toFindings, toIso, toTexts } from './device-documents.ts';
import { toState } from './device-rows.ts';
import {
  type CursorPart,
  NEVER,
  type Page,
  type PageRequest,
  pageLimit,
  readCursor,
  toPage,
} from './page.ts';
import { isId, pathWithin } from './reach.ts';

export interface DeviceQuery extends PageRequest {
  /** Digits of a MAC in any notation, from its start or its end; label, person, extension, address or tag. */
  readonly query?: string | undefined;
  /** The site and everything below it. */
  readonly siteId?: string | undefined;
  /** Unless given: every state but `discovered` and `retired`. */
  readonly state?: DeviceState | undefined;
  readonly model?: string | undefined;
  readonly tag?: string | undefined;
  readonly failing?: boolean | undefined;
  readonly sort?: 'created' | 'label' | 'mac' | 'lastSeen' | undefined;
}

interface SummaryRow {
  readonly id: string;
  readonly mac: string;
  readonly vendor: string | null;
  readonly model: string | null;
  readonly modelName: string | null;
  readonly site: string;
  readonly siteId: string;
  readonly siteName: string;
  readonly state: string;
  readonly label: string | null;
  readonly lines: string[] | null;
  readonly tags: string[];
  readonly version: number;
  readonly revision: number;
  readonly fetchedRevision: number | null;
  readonly publicationState: string;
  readonly findings: unknown;
  readonly behind: boolean;
  readonly lastSeenAt: Date | null;
  readonly lastSeenAddress: string | null;
  readonly firmware: string | null;
  readonly recognised: unknown;
  readonly createdAt: Date;
  readonly labelKey: string;
}

/** Newest first unless `sort` says otherwise. */
export async function listDevices(ctx: StoreContext, query: DeviceQuery = {}): Promise<Page<DeviceSummary>> {
  const limit = pageLimit(query);
  const order = ORDERS[query.sort ?? 'created'];
  const conditions = [...filters(ctx, query), afterCursor(query, order)];
  const rows = await ctx.db.$queryRaw<SummaryRow[]>`
    SELECT d.id, d.mac::text AS mac, d.vendor, d.model_slug AS model, m.name AS "modelName", s.slug AS site,
      s.id AS "siteId", s.name AS "siteName", d.state, d.label, d.tags, d.version, d.revision,
      d.fetched_revision AS "fetchedRevision", d.findings, host(d.last_seen_address) AS "lastSeenAddress",
      d.last_seen_at AS "lastSeenAt", d.firmware, d.recognised, d.created_at AS "createdAt",
      CASE WHEN d.version <> d.compiled_version THEN 'queued' ELSE d.publication_state END AS "publicationState",
      ${IS_BEHIND} AS behind, lower(COALESCE(d.label, '')) AS "labelKey",
      (SELECT array_agg(a.user_name ORDER BY l.index) FROM lines l JOIN accounts a ON a.id = l.account_id
       WHERE l.device_id = d.id AND l.enabled) AS lines
    FROM devices d JOIN sites s ON s.id = d.site_id LEFT JOIN models m ON m.slug = d.model_slug
    WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY ${order.by} LIMIT ${limit + 1}`;
  return toPage(rows, limit, { keyOf: (row) => [order.keyOf(row), row.id], toItem: toSummary });
}

interface Order {
  readonly by: Prisma.Sql;
  readonly part: CursorPart;
  keyOf(row: SummaryRow): string;
  after(key: string, id: string): Prisma.Sql;
}

const ORDERS: Readonly<Record<'created' | 'label' | 'mac' | 'lastSeen', Order>> = {
  created: {
    by: Prisma.sql`d.created_at DESC, d.id DESC`,
    part: 'time',
    keyOf: (row) => row.createdAt.toISOString(),
    after: (key, id) => Prisma.sql`(d.created_at, d.id) < (${key}::timestamptz, ${id}::uuid)`,
  },
  label: {
    by: Prisma.sql`lower(COALESCE(d.label, '')), d.id`,
    part: 'text',
    keyOf: (row) => row.labelKey,
    after: (key, id) => Prisma.sql`(lower(COALESCE(d.label, '')), d.id) > (${key}, ${id}::uuid)`,
  },
  mac: {
    by: Prisma.sql`d.mac, d.id`,
    part: 'text',
    keyOf: (row) => row.mac,
    after: (key, id) => Prisma.sql`(d.mac, d.id) > (${key}::char(12), ${id}::uuid)`,
  },
  lastSeen: {
    by: Prisma.sql`COALESCE(d.last_seen_at, '-infinity') DESC, d.id`,
    part: 'time-or-never',
    keyOf: (row) => row.lastSeenAt?.toISOString() ?? NEVER,
    after: (key, id) => Prisma.sql`(COALESCE(d.last_seen_at, '-infinity') < ${key}::timestamptz
      OR (COALESCE(d.last_seen_at, '-infinity') = ${key}::timestamptz AND d.id > ${id}::uuid))`,
  },
};

function afterCursor(query: DeviceQuery, order: Order): Prisma.Sql {
  const [key, id] = readCursor(query, [order.part, 'id']) ?? [];
  return key === undefined || id === undefined ? Prisma.sql`true` : order.after(key, id);
}

function filters(ctx: StoreContext, query: DeviceQuery): Prisma.Sql[] {
  const { state, siteId, model, tag, failing } = query;
  return [
    pathWithin(reachOf(ctx.actor, 'read'), Prisma.sql`s.path`),
    state === undefined ? Prisma.sql`d.state IN ('active', 'suspended')` : Prisma.sql`d.state = ${state}`,
    ...(siteId === undefined
      ? []
      : [isId(siteId) ? Prisma.sql`s.path @> ARRAY[${siteId}]::uuid[]` : Prisma.sql`false`]),
    ...(model === undefined ? [] : [Prisma.sql`d.model_slug = ${model}`]),
    ...(tag === undefined ? [] : [Prisma.sql`d.tags @> ARRAY[${tag}]`]),
    ...(failing ? [Prisma.sql`d.publication_state = 'failing'`] : []),
    ...(query.query?.trim() ? [matches(query.query.trim())] : []),
  ];
}

const LONGEST_QUERY = 64;

/** Each way of finding a phone is an index scan of its own; a phone is found if any of them finds it. */
function matches(text: string): Prisma.Sql {
  const query = text.slice(0, LONGEST_QUERY);
  const start = `${escapeLike(query.toLowerCase())}%`;
  const found = [
    Prisma.sql`SELECT id FROM devices WHERE lower(label) LIKE ${start}`,
    Prisma.sql`SELECT id FROM devices WHERE lower(person) LIKE ${start}`,
    Prisma.sql`SELECT id FROM devices WHERE tags @> ARRAY[${query}]`,
    Prisma.sql`SELECT l.device_id FROM accounts a JOIN lines l ON l.account_id = a.id
      WHERE a.user_name LIKE ${`${escapeLike(query)}%`}`,
  ];
  const digits = query.toLowerCase().replace(/[:.\- ]/g, '');
  if (/^[0-9a-f]{2,12}$/.test(digits)) {
    found.push(Prisma.sql`SELECT id FROM devices WHERE mac::text LIKE ${`${digits}%`}`);
    found.push(
      Prisma.sql`SELECT id FROM devices WHERE reverse(mac::text) LIKE ${`${[...digits].reverse().join('')}%`}`,
    );
  }
  if (isIP(query) !== 0)
    found.push(Prisma.sql`SELECT id FROM devices WHERE last_seen_address = ${query}::inet`);
  return Prisma.sql`d.id IN (${Prisma.join(found, ' UNION ')})`;
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

function toSummary(row: SummaryRow): DeviceSummary {
  const { findings, labelKey: _, ...rest } = row;
  const error = toFindings(findings).find((finding) => finding.severity === 'error');
  return {
    ...rest,
    state: toState(row.state),
    lines: row.lines ?? [],
    publicationState:
      row.publicationState === 'failing' || row.publicationState === 'published'
        ? row.publicationState
        : 'queued',
    reason: row.publicationState === 'failing' && error ? describeFinding(error) : null,
    lastSeenAt: toIso(row.lastSeenAt),
    recognised: toTexts(row.recognised),
    createdAt: row.createdAt.toISOString(),
  };
}

export type DeviceCounts = Readonly<Record<DeviceState | 'failing' | 'behind', number>>;

/** How many there are in each state; `failing` and `behind` count among those in service. */
export async function countDevices(
  ctx: StoreContext,
  about: { readonly siteId?: string | undefined } = {},
): Promise<DeviceCounts> {
  const reach = pathWithin(reachOf(ctx.actor, 'read'), Prisma.sql`s.path`);
  const below =
    about.siteId && isId(about.siteId)
      ? Prisma.sql`s.path @> ARRAY[${about.siteId}]::uuid[]`
      : Prisma.sql`true`;
  const rows = await ctx.db.$queryRaw<{ state: string; all: number; failing: number; behind: number }[]>`
    SELECT d.state, count(*)::int AS all,
      count(*) FILTER (WHERE d.publication_state = 'failing' AND d.state IN ('active', 'suspended'))::int AS failing,
      count(*) FILTER (WHERE ${IS_BEHIND})::int AS behind
    FROM devices d JOIN sites s ON s.id = d.site_id WHERE ${reach} AND ${below} GROUP BY d.state`;
  const of = (state: string): number => rows.find((row) => row.state === state)?.all ?? 0;
  const sum = (pick: (row: { failing: number; behind: number }) => number): number =>
    rows.reduce((total, row) => total + pick(row), 0);
  const [discovered, active, suspended, retired] = DEVICE_STATES.map(of);
  return {
    discovered: discovered ?? 0,
    active: active ?? 0,
    suspended: suspended ?? 0,
    retired: retired ?? 0,
    failing: sum((row) => row.failing),
    behind: sum((row) => row.behind),
  };
}
