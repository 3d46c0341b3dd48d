import { createHash } from 'node:crypto';
import { type Actor, may, mayGrant, type Scope } from '#lib/domain/actor.ts';
import { newToken } from '#lib/system/secrets.ts';
import type { Prisma } from '#prisma/generated/client.ts';
import { toTokenActor } from './actors.ts';
import { writeAudit } from './audit.ts';
import type { Db } from './client.ts';
import type { StoreContext } from './context.ts';
import { invalid, type Outcome, refuse, transact } from './outcome.ts';
import { type Page, type PageRequest, pageLimit, readCursor, toPage } from './page.ts';
import { findSitePlace, isId, sitesWithin } from './reach.ts';

export interface TokenDocument {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** Slug; null: everywhere. */
  readonly site: string | null;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

/** Tokens hold 128 random bits or more, so that a plain hash gives nothing away. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}

/** Who a bearer token is; null when it is unknown, expired or revoked. Notes its use at most once a minute. */
export async function findTokenActor(db: Db, token: string): Promise<Actor | null> {
  const row = await db.apiToken.findUnique({ where: { hash: hashToken(token) } });
  if (row === null || row.revokedAt !== null) return null;
  const now = new Date();
  if (row.expiresAt !== null && row.expiresAt <= now) return null;
  if (row.lastUsedAt === null || now.getTime() - row.lastUsedAt.getTime() > 60_000)
    await db.apiToken.updateMany({ where: { id: row.id }, data: { lastUsedAt: now } });
  return toTokenActor(row);
}

const FIELDS = { include: { site: { select: { slug: true } } } } as const;
type TokenRow = Prisma.ApiTokenGetPayload<typeof FIELDS>;

/** Newest first; those of the sites that the actor administers. */
export async function listTokens(ctx: StoreContext, request: PageRequest = {}): Promise<Page<TokenDocument>> {
  const limit = pageLimit(request);
  if (!may(ctx.actor, 'admin')) return { data: [], nextCursor: null };
  const rows = await ctx.db.apiToken.findMany({
    where: { AND: [tokensWithin(ctx), olderThan(request)] },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
    ...FIELDS,
  });
  return toPage(rows, limit, { keyOf: (row) => [row.createdAt.toISOString(), row.id], toItem: toDocument });
}

export interface TokenInput {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Slug or id; null: everywhere. */
  readonly site: string | null;
  /** ISO time; null: never. */
  readonly expiresAt: string | null;
}

/** `clear` is shown once and never again. Nobody can make a token that may do more than they may. */
export async function createToken(
  ctx: StoreContext,
  input: TokenInput,
): Promise<Outcome<{ readonly token: TokenDocument; readonly clear: string }>> {
  if (!may(ctx.actor, 'admin')) return refuse('forbidden');
  return transact(ctx.db, async (tx) => {
    const site =
      input.site === null
        ? null
        : await findSitePlace(tx, { actor: ctx.actor, scope: 'admin', site: input.site });
    if (input.site !== null && site === null) return invalid('/site', 'there is no such site');
    const grant = { scopes: input.scopes, siteId: site?.id ?? null };
    if (!mayGrant(ctx.actor, grant, site?.path ?? null)) return refuse('forbidden');
    const clear = `pvt_${newToken()}`;
    const { name, scopes } = input;
    const expiresAt = input.expiresAt === null ? null : new Date(input.expiresAt);
    const data = { name, scopes: [...scopes], hash: hashToken(clear), siteId: site?.id ?? null, expiresAt };
    const token = toDocument(await tx.apiToken.create({ data, ...FIELDS }));
    await auditToken(tx, ctx, { token, action: 'create', siteId: site?.id ?? null });
    return { ok: true, token, clear };
  });
}

export async function revokeToken(
  ctx: StoreContext,
  id: string,
): Promise<Outcome<{ readonly token: TokenDocument }>> {
  if (!may(ctx.actor, 'admin')) return refuse('forbidden');
  return transact(ctx.db, async (tx) => {
    const row = isId(id)
      ? await tx.apiToken.findFirst({ where: { AND: [{ id }, tokensWithin(ctx)] } })
      : null;
    if (row === null) return refuse('not-found');
    const data = { revokedAt: row.revokedAt ?? new Date() };
    const token = toDocument(await tx.apiToken.update({ where: { id }, data, ...FIELDS }));
    await auditToken(tx, ctx, { token, action: 'delete', siteId: row.siteId });
    return { ok: true, token };
  });
}

interface TokenAudit {
  readonly token: TokenDocument;
  readonly action: 'create' | 'delete';
  readonly siteId: string | null;
}

function auditToken(tx: Db, ctx: StoreContext, { token, action, siteId }: TokenAudit): Promise<void> {
  const summary = `${action === 'create' ? 'Made' : 'Revoked'} the API token ${token.name}`;
  return writeAudit(tx, ctx, { action, noun: 'token', nounId: token.id, summary, after: token, siteId });
}

function tokensWithin(ctx: StoreContext): Prisma.ApiTokenWhereInput {
  const site = sitesWithin(ctx.actor, 'admin');
  return Object.keys(site).length === 0 ? {} : { site };
}

function olderThan(request: PageRequest): Prisma.ApiTokenWhereInput {
  const [at, id] = readCursor(request, ['time', 'id']) ?? [];
  const createdAt = new Date(at ?? 0);
  if (id === undefined) return {};
  return { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] };
}

function toDocument(row: TokenRow): TokenDocument {
  const { id, name, scopes } = row;
  return {
    ...{ id, name, scopes },
    site: row.site?.slug ?? null,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
  };
}
