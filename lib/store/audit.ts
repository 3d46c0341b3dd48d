import { reachOf } from '#lib/domain/actor.ts';
import { Prisma } from '#prisma/generated/client.ts';
import type { Db } from './client.ts';
import type { StoreContext } from './context.ts';
import { type Page, type PageRequest, pageLimit, readCursor, toPage } from './page.ts';
import { pathWithin } from './reach.ts';

/** One change, as it is written down in the transaction that makes it. `before` and `after` never hold a secret. */
export interface AuditInput {
  readonly action: 'create' | 'change' | 'delete' | 'publish' | 'reveal' | 'sign-in';
  readonly noun: string;
  readonly nounId: string;
  readonly summary: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly siteId?: string | null;
  readonly rootId?: string | null;
}

export interface AuditDocument {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly noun: string;
  readonly nounId: string;
  readonly summary: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly siteId: string | null;
  readonly requestId: string | null;
}

export async function writeAudit(tx: Db, ctx: StoreContext, entry: AuditInput): Promise<void> {
  await tx.auditEntry.create({
    data: {
      actor: ctx.actor.name,
      action: entry.action,
      noun: entry.noun,
      nounId: entry.nounId,
      summary: entry.summary,
      before: toJson(entry.before),
      after: toJson(entry.after),
      siteId: entry.siteId ?? null,
      rootId: entry.rootId ?? null,
      requestId: ctx.requestId,
    },
  });
}

interface AuditQuery extends PageRequest {
  readonly noun?: string;
  readonly nounId?: string;
  readonly siteId?: string;
}

/** Newest first. What has no site is seen only by those who see everything. */
export async function listAudit(ctx: StoreContext, query: AuditQuery = {}): Promise<Page<AuditDocument>> {
  const limit = pageLimit(query);
  const before = readCursor(query, ['big-number'])?.[0];
  const reach = reachOf(ctx.actor, 'read');
  const conditions = [
    reach === 'all'
      ? Prisma.sql`true`
      : Prisma.sql`site_id IN (SELECT id FROM sites WHERE ${pathWithin(reach, Prisma.sql`path`)})`,
    before ? Prisma.sql`id < ${BigInt(before)}` : Prisma.sql`true`,
    query.noun ? Prisma.sql`noun = ${query.noun}` : Prisma.sql`true`,
    query.nounId ? Prisma.sql`noun_id = ${query.nounId}` : Prisma.sql`true`,
    query.siteId
      ? Prisma.sql`site_id IN (SELECT id FROM sites WHERE path @> ARRAY[${query.siteId}]::uuid[])`
      : Prisma.sql`true`,
  ];
  const rows = await ctx.db.$queryRaw<AuditRow[]>`
    SELECT id, at, actor, action, noun, noun_id, summary, before, after, site_id, request_id
    FROM audit WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY id DESC LIMIT ${limit + 1}`;
  return toPage(rows, limit, { keyOf: (row) => [row.id.toString()], toItem: toDocument });
}

interface AuditRow {
  readonly id: bigint;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly noun: string;
  readonly noun_id: string;
  readonly summary: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly site_id: string | null;
  readonly request_id: string | null;
}

function toDocument(row: AuditRow): AuditDocument {
  const { actor, action, noun, summary, before, after } = row;
  return {
    ...{ actor, action, noun, summary, before, after },
    id: row.id.toString(),
    at: row.at.toISOString(),
    nounId: row.noun_id,
    siteId: row.site_id,
    requestId: row.request_id,
  };
}

function toJson(value: unknown): Prisma.InputJsonValue | typeof Prisma.DbNull {
  return value === undefined || value === null ? Prisma.DbNull : JSON.parse(JSON.stringify(value));
}
