/** Models of the vendor library, and what administrators laid over them. */
import { may, reachOf } from '#lib/domain/actor.ts';
import { applyOverlay, type Model, type ModelOverlay, modelOverlaySchema } from '#lib/domain/model.ts';
import { Prisma } from '#prisma/generated/client.ts';
import type { AuditInput } from './audit.ts';
import { changeCatalog } from './catalog-changes.ts';
import type { StoreContext } from './context.ts';
import type { Effect } from './effect.ts';
import { invalid, type Outcome, refuse } from './outcome.ts';
import { type Page, type PageRequest, pageLimit, readCursor, toPage } from './page.ts';

/** As it is in effect: the overlay is laid over the shipped figures. */
export interface ModelDocument extends Model {
  readonly overlay: ModelOverlay | null;
  /** Devices in service. */
  readonly devices: number;
  readonly version: number;
}

const FIELDS = {
  include: { _count: { select: { devices: { where: { state: { in: ['active', 'suspended'] } } } } } },
} satisfies Prisma.PhoneModelDefaultArgs;
type ModelRow = Prisma.PhoneModelGetPayload<typeof FIELDS>;

/** By slug. The library is the same for everybody. */
export async function listModels(
  ctx: StoreContext,
  request: PageRequest & { readonly vendor?: string | undefined } = {},
): Promise<Page<ModelDocument>> {
  const limit = pageLimit(request);
  if (!may(ctx.actor, 'read')) return { data: [], nextCursor: null };
  const after = readCursor(request, ['text'])?.[0];
  const rows = await ctx.db.phoneModel.findMany({
    where: {
      ...(after === undefined ? {} : { slug: { gt: after } }),
      ...(request.vendor === undefined ? {} : { vendor: request.vendor }),
    },
    orderBy: { slug: 'asc' },
    take: limit + 1,
    ...FIELDS,
  });
  return toPage(rows, limit, { keyOf: (row) => [row.slug], toItem: toDocument });
}

export async function getModel(ctx: StoreContext, slug: string): Promise<ModelDocument | null> {
  if (!may(ctx.actor, 'read')) return null;
  const row = await ctx.db.phoneModel.findUnique({ where: { slug }, ...FIELDS });
  return row && toDocument(row);
}

/** Changes what is said of a model for every site; null goes back to what was shipped. */
export async function overlayModel(
  ctx: StoreContext,
  slug: string,
  { overlay, version }: { readonly overlay: ModelOverlay | null; readonly version?: number | undefined },
): Promise<Outcome<{ readonly model: ModelDocument; readonly effect: Effect }>> {
  if (reachOf(ctx.actor, 'write') !== 'all') return refuse('forbidden');
  const checked = modelOverlaySchema.nullable().safeParse(overlay);
  if (!checked.success)
    return invalid(`/${checked.error.issues[0]?.path.join('/') ?? ''}`, 'is not possible');
  const saved = await changeCatalog(ctx, async (tx) => {
    const row = await tx.phoneModel.findUnique({ where: { slug }, ...FIELDS });
    if (row === null) return refuse('not-found');
    if (version !== undefined && version !== row.version) return refuse('stale');
    const data = { overlay: checked.data ?? Prisma.DbNull, version: { increment: 1 } };
    const model = toDocument(await tx.phoneModel.update({ where: { slug }, data, ...FIELDS }));
    const audit: AuditInput = {
      ...{ action: 'change', noun: 'model', nounId: slug, summary: `Changed what is known of ${model.name}` },
      ...{ before: toDocument(row), after: model },
    };
    return { ok: true, value: model, scope: { vendors: [row.vendor], models: [slug], siteId: null }, audit };
  });
  return saved.ok ? { ok: true, model: saved.value, effect: saved.effect } : saved;
}

function toDocument(row: ModelRow): ModelDocument {
  const { slug, vendor, name, spellings, lines, keys, modules, moduleKeys, source, unverified, version } =
    row;
  const shipped = { slug, vendor, name, spellings, lines, keys, modules, moduleKeys, source, unverified };
  const parsed = modelOverlaySchema.nullable().safeParse(row.overlay);
  const overlay = parsed.success ? parsed.data : null;
  return { ...applyOverlay(shipped, overlay), overlay, devices: row._count.devices, version };
}
