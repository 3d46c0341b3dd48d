import { type Actor, mayGrant, type Role, reachOf, scopesOfRole } from '#lib/domain/actor.ts';
import { hashPassword, verifyPassword } from '#lib/system/passwords.ts';
import type { Prisma } from '#prisma/generated/client.ts';
import { ACTOR_FIELDS, toUserActor } from './actors.ts';
import { writeAudit } from './audit.ts';
import type { Db } from './client.ts';
import type { StoreContext } from './context.ts';
import { invalid, type Outcome, type Refusal, refuse, transact } from './outcome.ts';
import { type Page, type PageRequest, pageLimit, readCursor, toPage } from './page.ts';
import { findSitePlace, isId } from './reach.ts';

export interface UserDocument {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly disabled: boolean;
  readonly grants: readonly { readonly role: string; readonly site: string | null }[];
  readonly version: number;
  readonly createdAt: string;
}

export interface SignIn {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly passwordHash: string | null;
  readonly disabled: boolean;
}

/** For the sign-in page alone. */
export async function findSignIn(db: Db, email: string): Promise<SignIn | null> {
  const row = await db.user.findUnique({
    where: { email: normalise(email) },
    select: { id: true, email: true, name: true, passwordHash: true, disabledAt: true },
  });
  if (row === null) return null;
  const { disabledAt, ...user } = row;
  return { ...user, disabled: disabledAt !== null };
}

export async function getUserActor(db: Db, userId: string): Promise<Actor | null> {
  const row = isId(userId) ? await db.user.findUnique({ where: { id: userId }, select: ACTOR_FIELDS }) : null;
  return row === null || row.disabledAt !== null ? null : toUserActor(row);
}

const FIELDS = {
  ...{ id: true, email: true, name: true, disabledAt: true, version: true, createdAt: true },
  grants: { select: { role: true, siteId: true, site: { select: { slug: true } } }, orderBy: { id: 'asc' } },
} satisfies Prisma.UserSelect;
type UserRow = Prisma.UserGetPayload<{ select: typeof FIELDS }>;

/** By e-mail address. People are managed by administrators of everything. */
export async function listUsers(ctx: StoreContext, request: PageRequest = {}): Promise<Page<UserDocument>> {
  const limit = pageLimit(request);
  if (reachOf(ctx.actor, 'admin') !== 'all') return { data: [], nextCursor: null };
  const after = readCursor(request, ['text'])?.[0];
  const rows = await ctx.db.user.findMany({
    where: after === undefined ? {} : { email: { gt: after } },
    select: FIELDS,
    orderBy: { email: 'asc' },
    take: limit + 1,
  });
  return toPage(rows, limit, { keyOf: (row) => [row.email], toItem: toDocument });
}

export interface GrantInput {
  readonly role: Role;
  /** Slug or id; null: everywhere. */
  readonly site: string | null;
}

export interface UserInput {
  readonly email: string;
  readonly name?: string | null;
  readonly password: string;
  readonly grants: readonly GrantInput[];
}

const SHORTEST_PASSWORD = 10;

export async function createUser(
  ctx: StoreContext,
  input: UserInput,
): Promise<Outcome<{ readonly user: UserDocument }>> {
  if (reachOf(ctx.actor, 'admin') !== 'all') return refuse('forbidden');
  if (input.password.length < SHORTEST_PASSWORD) return tooShort('/password');
  const passwordHash = await hashPassword(input.password);
  return transact(ctx.db, async (tx) => {
    const email = normalise(input.email);
    if (await tx.user.findUnique({ where: { email }, select: { id: true } }))
      return refuse('conflict', { pointer: '/email', detail: 'somebody has this address already' });
    const grants = await resolveGrants(tx, ctx, input.grants);
    if (!grants.ok) return grants;
    const data = { email, name: input.name ?? null, passwordHash, grants: { create: [...grants.rows] } };
    const user = toDocument(await tx.user.create({ data, select: FIELDS }));
    await auditUser(tx, ctx, { action: 'create', summary: `Added ${email}`, before: null, after: user });
    return { ok: true, user };
  });
}

export interface UserChange {
  readonly name?: string | null;
  readonly disabled?: boolean;
  readonly grants?: readonly GrantInput[];
  readonly version?: number;
}

/** Nobody can disable themselves or take their own rights away, so that there is always somebody who can sign in. */
export async function updateUser(
  ctx: StoreContext,
  id: string,
  change: UserChange,
): Promise<Outcome<{ readonly user: UserDocument }>> {
  if (reachOf(ctx.actor, 'admin') !== 'all') return refuse('forbidden');
  if (id === ctx.actor.id && (change.disabled === true || change.grants !== undefined))
    return invalid('/grants', 'somebody else has to change your own rights');
  return transact(ctx.db, async (tx) => {
    const row = isId(id) ? await tx.user.findUnique({ where: { id }, select: FIELDS }) : null;
    if (row === null) return refuse('not-found');
    if (change.version !== undefined && change.version !== row.version) return refuse('stale');
    const grants = change.grants === undefined ? null : await resolveGrants(tx, ctx, change.grants);
    if (grants && !grants.ok) return grants;
    const data: Prisma.UserUpdateInput = { version: { increment: 1 } };
    if (change.name !== undefined) data.name = change.name;
    if (change.disabled !== undefined)
      data.disabledAt = change.disabled ? (row.disabledAt ?? new Date()) : null;
    if (grants) data.grants = { deleteMany: {}, create: [...grants.rows] };
    const user = toDocument(await tx.user.update({ where: { id }, data, select: FIELDS }));
    await auditUser(tx, ctx, {
      action: 'change',
      summary: `Changed ${user.email}`,
      before: toDocument(row),
      after: user,
    });
    return { ok: true, user };
  });
}

/** One's own password with the current one; anybody's, without it, for administrators. Ends all other sessions. */
export async function changePassword(
  ctx: StoreContext,
  userId: string,
  { current, next }: { readonly current: string | null; readonly next: string },
): Promise<Outcome<object>> {
  const isOwn = ctx.actor.kind === 'user' && ctx.actor.id === userId;
  if (!isOwn && reachOf(ctx.actor, 'admin') !== 'all') return refuse('forbidden');
  const row = isId(userId)
    ? await ctx.db.user.findUnique({ where: { id: userId }, select: { email: true, passwordHash: true } })
    : null;
  if (row === null) return refuse('not-found');
  if (isOwn && !(await verifyPassword(row.passwordHash, current ?? '')))
    return invalid('/current', 'this is not your current password');
  if (next.length < SHORTEST_PASSWORD) return tooShort('/next');
  const passwordHash = await hashPassword(next);
  return transact(ctx.db, async (tx) => {
    await tx.user.update({ where: { id: userId }, data: { passwordHash, version: { increment: 1 } } });
    await tx.session.updateMany({ where: { userId, revokedAt: null }, data: { revokedAt: new Date() } });
    const summary = `Changed the password of ${row.email}`;
    await writeAudit(tx, ctx, { action: 'change', noun: 'user', nounId: userId, summary });
    return { ok: true };
  });
}

type GrantRows =
  | { readonly ok: true; readonly rows: readonly { readonly role: string; readonly siteId: string | null }[] }
  | Refusal;

async function resolveGrants(tx: Db, ctx: StoreContext, grants: readonly GrantInput[]): Promise<GrantRows> {
  const rows: { role: string; siteId: string | null }[] = [];
  for (const [at, { role, site }] of grants.entries()) {
    const place = site === null ? null : await findSitePlace(tx, { actor: ctx.actor, scope: 'admin', site });
    if (site !== null && place === null) return invalid(`/grants/${at}/site`, 'there is no such site');
    const grant = { scopes: scopesOfRole(role), siteId: place?.id ?? null };
    if (!mayGrant(ctx.actor, grant, place?.path ?? null)) return refuse('forbidden');
    rows.push({ role, siteId: grant.siteId });
  }
  return { ok: true, rows };
}

interface UserAudit {
  readonly action: 'create' | 'change';
  readonly summary: string;
  readonly before: UserDocument | null;
  readonly after: UserDocument;
}

function auditUser(tx: Db, ctx: StoreContext, entry: UserAudit): Promise<void> {
  return writeAudit(tx, ctx, { ...entry, noun: 'user', nounId: entry.after.id });
}

function tooShort(pointer: string): Refusal {
  return invalid(pointer, `must have at least ${SHORTEST_PASSWORD} characters`);
}

function normalise(email: string): string {
  return email.trim().toLowerCase();
}

function toDocument(row: UserRow): UserDocument {
  const { id, email, name, version } = row;
  return {
    ...{ id, email, name, version },
    disabled: row.disabledAt !== null,
    grants: row.grants.map(({ role, site }) => ({ role, site: site?.slug ?? null })),
    createdAt: row.createdAt.toISOString(),
  };
}
