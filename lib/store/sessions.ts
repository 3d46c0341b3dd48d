import { type Actor, may } from '#lib/domain/actor.ts';
import { ACTOR_FIELDS, toUserActor } from './actors.ts';
import type { Db } from './client.ts';
import type { StoreContext } from './context.ts';
import { type Outcome, refuse } from './outcome.ts';
import { isId } from './reach.ts';

export interface SessionInput {
  readonly userId: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly lifetimeSec: number;
}

export interface SessionDocument {
  readonly id: string;
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
  readonly address: string | null;
  readonly userAgent: string | null;
}

/** One sign-in. The cookie holds the id and nothing else. */
export async function startSession(db: Db, input: SessionInput): Promise<{ readonly id: string }> {
  const { userId, address } = input;
  const userAgent = input.userAgent?.slice(0, 256) ?? null;
  const expiresAt = new Date(Date.now() + input.lifetimeSec * 1000);
  return db.session.create({ data: { userId, address, userAgent, expiresAt }, select: { id: true } });
}

/**
 * Who a session is, with the rights of this moment; null when it is unknown, revoked or expired, or its user was
 * disabled. Notes its use at most once a minute.
 */
export async function readSession(
  db: Db,
  id: string,
): Promise<{ readonly id: string; readonly userId: string; readonly actor: Actor } | null> {
  if (!isId(id)) return null;
  const row = await db.session.findUnique({ where: { id }, include: { user: { select: ACTOR_FIELDS } } });
  const now = new Date();
  if (row === null || row.revokedAt !== null || row.expiresAt <= now || row.user.disabledAt !== null)
    return null;
  if (now.getTime() - row.lastUsedAt.getTime() > 60_000)
    await db.session.updateMany({ where: { id }, data: { lastUsedAt: now } });
  return { id, userId: row.userId, actor: toUserActor(row.user) };
}

/** Signing out. */
export async function revokeSessionById(db: Db, id: string): Promise<void> {
  if (!isId(id)) return;
  await db.session.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: new Date() } });
}

/** One's own; anybody's for administrators of everything. */
export async function revokeSession(ctx: StoreContext, id: string): Promise<Outcome<object>> {
  const row = isId(id) ? await ctx.db.session.findUnique({ where: { id }, select: { userId: true } }) : null;
  if (row === null || !maySee(ctx, row.userId)) return refuse('not-found');
  await revokeSessionById(ctx.db, id);
  return { ok: true };
}

/** Those that are still good, last used first. */
export async function listSessions(ctx: StoreContext, userId: string): Promise<readonly SessionDocument[]> {
  if (!isId(userId) || !maySee(ctx, userId)) return [];
  const rows = await ctx.db.session.findMany({
    where: { userId, revokedAt: null, expiresAt: { gt: new Date() } },
    orderBy: [{ lastUsedAt: 'desc' }, { id: 'asc' }],
    take: 200,
  });
  return rows.map((row) => ({
    id: row.id,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    address: row.address,
    userAgent: row.userAgent,
  }));
}

function maySee(ctx: StoreContext, userId: string): boolean {
  const isOwn = ctx.actor.kind === 'user' && ctx.actor.id === userId;
  return isOwn || (may(ctx.actor, 'admin') && ctx.actor.grants.some((grant) => grant.siteId === null));
}
