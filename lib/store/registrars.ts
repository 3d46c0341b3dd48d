/** Registrars: where accounts register. They belong to a site and are inherited below it. */

import type { Registrar } from '#lib/domain/account.ts';
import { may } from '#lib/domain/actor.ts';
import type { RegistrarInput } from '#lib/domain/registrar-input.ts';
import type { Prisma } from '#prisma/generated/client.ts';
import type { AuditInput } from './audit.ts';
import { toRegistrar } from './catalog.ts';
import { type CatalogScope, changeCatalog, EVERYTHING } from './catalog-changes.ts';
import type { Db } from './client.ts';
import type { StoreContext } from './context.ts';
import type { Effect } from './effect.ts';
import { invalid, type Outcome, type Refusal, refuse } from './outcome.ts';
import { type Page, type PageRequest, pageLimit, readCursor, toPage } from './page.ts';
import { findSitePlace, isId, sitesWithin } from './reach.ts';

export interface RegistrarDocument extends Registrar {
  readonly externalId: string | null;
  /** Slug of its site. */
  readonly site: string;
  readonly version: number;
}

const FIELDS = { include: { site: { select: { slug: true, path: true } } } } as const;
type RegistrarRow = Prisma.RegistrarGetPayload<typeof FIELDS>;

/** Oldest first. */
export async function listRegistrars(
  ctx: StoreContext,
  request: PageRequest & { readonly siteId?: string | undefined } = {},
): Promise<Page<RegistrarDocument>> {
  const limit = pageLimit(request);
  const after = readCursor(request, ['id'])?.[0];
  const { siteId } = request;
  const rows = await ctx.db.registrar.findMany({
    where: {
      AND: [
        { site: sitesWithin(ctx.actor, 'read') },
        after === undefined ? {} : { id: { gt: after } },
        siteId === undefined ? {} : { site: { path: { has: isId(siteId) ? siteId : NOWHERE } } },
      ],
    },
    orderBy: { id: 'asc' },
    take: limit + 1,
    ...FIELDS,
  });
  return toPage(rows, limit, { keyOf: (row) => [row.id], toItem: toDocument });
}

const NOWHERE = '00000000-0000-0000-0000-000000000000';

export async function getRegistrar(ctx: StoreContext, id: string): Promise<RegistrarDocument | null> {
  const row = await findRow(ctx.db, ctx, { id, scope: 'read' });
  return row && toDocument(row);
}

export type RegistrarOutcome = Outcome<{ readonly registrar: RegistrarDocument; readonly effect: Effect }>;

/** Needs site and host; its name is the host unless given. */
export async function createRegistrar(ctx: StoreContext, input: RegistrarInput): Promise<RegistrarOutcome> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  const { site, host } = input;
  if (site === undefined) return invalid('/site', 'is needed');
  if (host === undefined) return invalid('/host', 'is needed');
  const saved = await changeCatalog(ctx, async (tx) => {
    const place = await findSitePlace(tx, { actor: ctx.actor, scope: 'write', site });
    if (place === null) return invalid('/site', 'there is no such site');
    const refusal = await findDuplicate(tx, { id: NOWHERE, rootId: place.rootId, input });
    if (refusal) return refusal;
    const data = {
      ...toColumns(input),
      name: input.name ?? host,
      host,
      siteId: place.id,
      rootId: place.rootId,
    };
    const registrar = toDocument(await tx.registrar.create({ data, ...FIELDS }));
    const audit = auditOf(registrar, place.rootId, {
      action: 'create',
      summary: `Added the registrar ${registrar.name}`,
    });
    return { ok: true, value: registrar, scope: 'nothing', audit };
  });
  return saved.ok ? { ok: true, registrar: saved.value, effect: saved.effect } : saved;
}

/** A registrar stays at its site. */
export async function updateRegistrar(
  ctx: StoreContext,
  id: string,
  { input, version }: { readonly input: RegistrarInput; readonly version?: number | undefined },
): Promise<RegistrarOutcome> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  const saved = await changeCatalog(ctx, async (tx) => {
    const row = await findRow(tx, ctx, { id, scope: 'write' });
    if (row === null) return refuse('not-found');
    if (version !== undefined && version !== row.version) return refuse('stale');
    if (input.site !== undefined && input.site !== row.site.slug && input.site !== row.siteId)
      return invalid('/site', 'a registrar stays at its site');
    const refusal = await findDuplicate(tx, { id, rootId: row.rootId, input });
    if (refusal) return refusal;
    const columns = toColumns(input);
    const changed = Object.keys(columns).filter(
      (name) => Reflect.get(columns, name) !== Reflect.get(row, name),
    );
    const data = { ...columns, version: { increment: changed.length === 0 ? 0 : 1 } };
    const registrar = toDocument(await tx.registrar.update({ where: { id }, data, ...FIELDS }));
    const summary = `Changed ${changed.join(', ')} of the registrar ${registrar.name}`;
    const audit = auditOf(registrar, row.rootId, { action: 'change', summary, before: toDocument(row) });
    return { ok: true, value: registrar, scope: changed.length === 0 ? null : await scopeOf(tx, row), audit };
  });
  return saved.ok ? { ok: true, registrar: saved.value, effect: saved.effect } : saved;
}

export async function deleteRegistrar(
  ctx: StoreContext,
  id: string,
  { version }: { readonly version?: number | undefined } = {},
): Promise<Outcome<{ readonly effect: Effect }>> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  return changeCatalog(ctx, async (tx) => {
    const row = await findRow(tx, ctx, { id, scope: 'write' });
    if (row === null) return refuse('not-found');
    if (version !== undefined && version !== row.version) return refuse('stale');
    const uses = await tx.account.count({ where: { registrarId: id } });
    const defaults = await tx.site.count({ where: { defaultRegistrarId: id } });
    if (uses + defaults > 0)
      return refuse('in-use', {
        pointer: '',
        detail: `${uses} accounts name it, ${defaults} sites have it as their default`,
      });
    await tx.registrar.delete({ where: { id } });
    const registrar = toDocument(row);
    const audit = auditOf(registrar, row.rootId, {
      action: 'delete',
      summary: `Deleted the registrar ${row.name}`,
    });
    return { ok: true, value: null, scope: 'nothing', audit };
  });
}

function findRow(
  db: Db,
  ctx: StoreContext,
  { id, scope }: { readonly id: string; readonly scope: 'read' | 'write' },
): Promise<RegistrarRow | null> {
  if (!isId(id)) return Promise.resolve(null);
  return db.registrar.findFirst({ where: { id, site: sitesWithin(ctx.actor, scope) }, ...FIELDS });
}

/** Accounts of a device that moved away may still name it; then its site does not limit who is affected. */
async function scopeOf(tx: Db, row: RegistrarRow): Promise<CatalogScope> {
  const elsewhere = await tx.line.count({
    where: { account: { registrarId: row.id }, device: { site: { NOT: { path: { has: row.siteId } } } } },
  });
  return elsewhere > 0 ? EVERYTHING : { vendors: [], models: [], siteId: row.siteId };
}

async function findDuplicate(
  tx: Db,
  about: { readonly id: string; readonly rootId: string; readonly input: RegistrarInput },
): Promise<Refusal | null> {
  const { id, rootId, input } = about;
  if (!input.externalId) return null;
  const found = await tx.registrar.count({
    where: { rootId, externalId: input.externalId, id: { not: id } },
  });
  return found > 0
    ? refuse('conflict', { pointer: '/externalId', detail: 'another registrar has this external id' })
    : null;
}

function toColumns(input: RegistrarInput): Omit<RegistrarInput, 'site'> {
  const { site: _, ...columns } = input;
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

function auditOf(
  registrar: RegistrarDocument,
  rootId: string,
  entry: Pick<AuditInput, 'action' | 'summary' | 'before'>,
): AuditInput {
  const { id: nounId, siteId } = registrar;
  const after = entry.action === 'delete' ? null : registrar;
  return { ...entry, noun: 'registrar', nounId, siteId, rootId, after };
}

function toDocument(row: RegistrarRow): RegistrarDocument {
  return {
    ...toRegistrar(row),
    externalId: row.externalId,
    site: row.site.slug,
    version: row.version,
  };
}
