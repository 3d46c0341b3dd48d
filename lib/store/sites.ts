/** Sites: the tree of resellers, customers and locations, with everything that their phones inherit. */
import { may, reachOf } from '#lib/domain/actor.ts';
import { baseFor } from '#lib/domain/catalog.ts';
import type { Site } from '#lib/domain/site.ts';
import type { SiteInput } from '#lib/domain/site-input.ts';
import { newToken } from '#lib/system/secrets.ts';
import type { Prisma } from '#prisma/generated/client.ts';
import type { AuditInput } from './audit.ts';
import { loadCatalog, toSite } from './catalog.ts';
import { type CatalogScope, changeCatalog } from './catalog-changes.ts';
import { type Db, sqlState } from './client.ts';
import type { StoreContext } from './context.ts';
import type { Effect } from './effect.ts';
import { invalid, type Outcome, refuse } from './outcome.ts';
import { type Page, type PageRequest, pageLimit, readCursor, toPage } from './page.ts';
import { findSitePlace, isId, type SitePlace, sitesWithin } from './reach.ts';
import { readSettings, SETTING_FIELDS, writeSettings } from './settings.ts';
import { slugTaken, writeSiteColumns } from './site-write.ts';

/** Secret values are null and marked so. */
export interface SiteDocument extends Site {
  /** Ids from the root site to the site itself. */
  readonly path: readonly string[];
  /** What a worker reported as the address that faces the site's networks. */
  readonly reportedBase: string | null;
  /** Base of URLs for its phones, wherever it comes from; null: no URL can be written yet. */
  readonly effectiveBase: string | null;
  /** Devices in service at the site itself. */
  readonly devices: number;
}

const FIELDS = {
  include: {
    settings: { select: SETTING_FIELDS, orderBy: { key: 'asc' } },
    _count: { select: { devices: { where: { state: { in: ['active', 'suspended'] } } } } },
  },
} satisfies Prisma.SiteDefaultArgs;
type SiteRow = Prisma.SiteGetPayload<typeof FIELDS>;

/** By name of slug. */
export async function listSites(
  ctx: StoreContext,
  request: PageRequest & { readonly query?: string | undefined } = {},
): Promise<Page<SiteDocument>> {
  const limit = pageLimit(request);
  const after = readCursor(request, ['text'])?.[0];
  const query = request.query?.trim().slice(0, 64);
  const contains = { contains: query ?? '', mode: 'insensitive' } as const;
  const rows = await ctx.db.site.findMany({
    where: {
      AND: [
        sitesWithin(ctx.actor, 'read'),
        after === undefined ? {} : { slug: { gt: after } },
        query ? { OR: [{ slug: contains }, { name: contains }] } : {},
      ],
    },
    orderBy: { slug: 'asc' },
    take: limit + 1,
    ...FIELDS,
  });
  const toItem = await describer(ctx);
  return toPage(rows, limit, { keyOf: (row) => [row.slug], toItem });
}

export async function getSite(ctx: StoreContext, idOrSlug: string): Promise<SiteDocument | null> {
  const place = await findSitePlace(ctx.db, { actor: ctx.actor, scope: 'read', site: idOrSlug });
  return place && readDocument(ctx, place.id);
}

export type SiteOutcome = Outcome<{ readonly site: SiteDocument; readonly effect: Effect }>;

/** Needs a name. Without a parent it is a root site, which only those who reach everything can make. */
export async function createSite(ctx: StoreContext, input: SiteInput): Promise<SiteOutcome> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  const name = input.name;
  if (name === undefined) return invalid('/name', 'is needed');
  return saveSite(ctx, async (tx) => {
    const parent = await findParent(tx, ctx, input.parent ?? null);
    if (!parent.ok) return parent;
    const id = crypto.randomUUID();
    const slug = input.slug ?? (await freeSlug(tx, name));
    if ((await tx.site.count({ where: { slug } })) > 0) return slugTaken();
    const path = [...(parent.place?.path ?? []), id];
    const rootId = path[0] ?? id;
    const parentId = parent.place?.id ?? null;
    await tx.site.create({ data: { id, slug, name, path, rootId, parentId, bootstrapCode: newToken(5) } });
    const place = { id, rootId, path, slug };
    const written = await writeSiteColumns(tx, ctx, {
      place,
      input: { ...input, parent: undefined, slug, name },
    });
    if (!written.ok) return written;
    await writeSiteSettings(tx, ctx, place, input);
    return { ok: true, place, changed: ['site'], summary: `Added the site ${name}`, scope: 'nothing' };
  });
}

export async function updateSite(
  ctx: StoreContext,
  idOrSlug: string,
  { input, version }: { readonly input: SiteInput; readonly version?: number | undefined },
): Promise<SiteOutcome> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  return saveSite(ctx, async (tx) => {
    const place = await findSitePlace(tx, { actor: ctx.actor, scope: 'write', site: idOrSlug });
    if (place === null) return refuse('not-found');
    const row = await tx.site.findUniqueOrThrow({
      where: { id: place.id },
      select: { version: true, name: true },
    });
    if (version !== undefined && version !== row.version) return refuse('stale');
    const written = await writeSiteColumns(tx, ctx, { place, input });
    if (!written.ok) return written;
    const settings = await writeSiteSettings(tx, ctx, place, input);
    const changed = [...written.changed, ...settings];
    if (changed.length > 0)
      await tx.site.update({ where: { id: place.id }, data: { version: { increment: 1 } } });
    const summary = `Changed ${changed.slice(0, 5).join(', ')} of the site ${input.name ?? row.name}`;
    return { ok: true, place, changed, summary, scope: scopeOf(place, changed) };
  });
}

interface SiteWritten {
  readonly place: SitePlace;
  readonly changed: readonly string[];
  readonly summary: string;
  readonly scope: CatalogScope | 'nothing';
}

async function saveSite(
  ctx: StoreContext,
  write: (tx: Db) => Promise<Outcome<SiteWritten>>,
): Promise<SiteOutcome> {
  const saved = await commitSite(ctx, write);
  if (!saved.ok) return saved;
  const site = await readDocument(ctx, saved.value);
  if (site === null) throw new Error(`The site ${saved.value} is gone`);
  return { ok: true, site, effect: saved.effect };
}

/** Two may want one slug or external id in the same moment; the index decides, and the second is told so. */
async function commitSite(
  ctx: StoreContext,
  write: (tx: Db) => Promise<Outcome<SiteWritten>>,
): Promise<Outcome<{ readonly value: string; readonly effect: Effect }>> {
  try {
    return await changeCatalog(ctx, async (tx) => {
      const written = await write(tx);
      if (!written.ok) return written;
      const { place, changed, summary, scope } = written;
      const { id, rootId } = place;
      const action = changed[0] === 'site' ? 'create' : 'change';
      const audit: AuditInput = {
        action,
        noun: 'site',
        nounId: id,
        siteId: id,
        rootId,
        summary,
        after: { changed },
      };
      return { ok: true, value: id, scope: changed.length === 0 ? null : scope, audit };
    });
  } catch (error) {
    if (sqlState(error) !== '23505') throw error;
    return slugTaken();
  }
}

/** Who may be served, and as which vendor, is decided by workers; no file of a device says it. */
const NOT_IN_FILES = new Set(['networks', 'enrolmentUntil', 'externalId', 'commonFilesFor', 'kind']);

function scopeOf(place: SitePlace, changed: readonly string[]): CatalogScope | 'nothing' {
  if (changed.every((name) => NOT_IN_FILES.has(name))) return 'nothing';
  return { vendors: [], models: [], siteId: place.id };
}

/** Only an empty site can go: its phones, and sites below it, have to move first. Retired phones go with it. */
export async function deleteSite(
  ctx: StoreContext,
  idOrSlug: string,
  { version }: { readonly version?: number | undefined } = {},
): Promise<Outcome<{ readonly effect: Effect }>> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  try {
    return await changeCatalog(ctx, async (tx) => {
      const place = await findSitePlace(tx, { actor: ctx.actor, scope: 'write', site: idOrSlug });
      if (place === null) return refuse('not-found');
      const { id: siteId, rootId } = place;
      const row = await tx.site.findUniqueOrThrow({
        where: { id: siteId },
        select: { version: true, name: true },
      });
      if (version !== undefined && version !== row.version) return refuse('stale');
      await tx.device.deleteMany({ where: { siteId, state: { in: ['discovered', 'retired'] } } });
      await tx.account.deleteMany({ where: { siteId, lines: { none: {} } } });
      await tx.site.update({ where: { id: siteId }, data: { defaultRegistrarId: null } });
      await tx.registrar.deleteMany({ where: { siteId, accounts: { none: {} } } });
      await tx.sitePublication.deleteMany({ where: { siteId } });
      await tx.site.delete({ where: { id: siteId } });
      const summary = `Deleted the site ${row.name}`;
      const audit: AuditInput = { action: 'delete', noun: 'site', nounId: siteId, rootId, summary };
      return { ok: true, value: null, scope: 'nothing', audit };
    });
  } catch (error) {
    if (!isStillReferenced(error)) throw error;
    return refuse('in-use', {
      pointer: '',
      detail: 'phones, accounts, templates, rules or other sites still belong to it',
    });
  }
}

/** Postgres 18 tells a restricted deletion (23001) from a reference that would dangle (23503); 14 does not. */
function isStillReferenced(error: unknown): boolean {
  return ['23001', '23503'].includes(sqlState(error) ?? '');
}

type Parent = Outcome<{ readonly place: SitePlace | null }>;

async function findParent(tx: Db, ctx: StoreContext, parent: string | null): Promise<Parent> {
  if (parent === null)
    return reachOf(ctx.actor, 'write') === 'all'
      ? { ok: true, place: null }
      : invalid('/parent', 'is needed');
  const place = await findSitePlace(tx, { actor: ctx.actor, scope: 'write', site: parent });
  return place ? { ok: true, place } : invalid('/parent', 'there is no such site');
}

async function writeSiteSettings(
  tx: Db,
  ctx: StoreContext,
  place: SitePlace,
  input: SiteInput,
): Promise<string[]> {
  const owner = { layer: 'site', siteId: place.id, rootId: place.rootId } as const;
  const setBy = ctx.actor.name;
  const changed: string[] = [];
  if (input.variables !== undefined) {
    const write = { owner, setBy, kind: 'variable', vendor: null, values: input.variables } as const;
    changed.push(...(await writeSettings(tx, ctx.vault, write)).map((key) => `variables.${key}`));
  }
  for (const [vendor, values] of Object.entries(
    input.vendorParameters ?? (await allVendors(tx, place, input)),
  )) {
    const write = { owner, setBy, kind: 'parameter', vendor, values } as const;
    changed.push(
      ...(await writeSettings(tx, ctx.vault, write)).map((key) => `vendorParameters.${vendor}.${key}`),
    );
  }
  return changed;
}

/** Null for all of them clears those of every vendor. */
async function allVendors(tx: Db, place: SitePlace, input: SiteInput): Promise<Record<string, null>> {
  if (input.vendorParameters !== null) return {};
  const where = { siteId: place.id, kind: 'parameter', vendor: { not: null } };
  const rows = await tx.setting.findMany({ where, select: { vendor: true }, distinct: ['vendor'] });
  return Object.fromEntries(rows.flatMap((row) => (row.vendor === null ? [] : [[row.vendor, null]])));
}

async function readDocument(ctx: StoreContext, id: string): Promise<SiteDocument | null> {
  const row = isId(id) ? await ctx.db.site.findUnique({ where: { id }, ...FIELDS }) : null;
  return row && (await describer(ctx))(row);
}

async function describer(ctx: StoreContext): Promise<(row: SiteRow) => SiteDocument> {
  const { catalog } = await loadCatalog(ctx.db, ctx.vault);
  return (row) => ({
    ...toSite(row, readSettings(row.settings, null)),
    path: row.path,
    reportedBase: row.reportedBase,
    effectiveBase: baseFor(catalog, row.id),
    devices: row._count.devices,
  });
}

/** Of the name, with something behind it where that is taken. */
async function freeSlug(tx: Db, name: string): Promise<string> {
  const slug = slugOf(name);
  return (await tx.site.count({ where: { slug } })) === 0 ? slug : `${slug}-${newToken(3)}`;
}

function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 48)
    .replace(/-+$/, '');
  return slug === '' ? `site-${newToken(5)}` : slug;
}
