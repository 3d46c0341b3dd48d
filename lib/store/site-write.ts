/** The columns of a site that a body changes, and its place in the tree. */
import type { SiteInput } from '#lib/domain/site-input.ts';
import { findVendor } from '#lib/domain/vendors/registry.ts';
import type { Prisma } from '#prisma/generated/client.ts';
import type { Db } from './client.ts';
import type { StoreContext } from './context.ts';
import { invalid, type Outcome, type Refusal, refuse } from './outcome.ts';
import { findSitePlace, type SitePlace } from './reach.ts';

/** Returns the members that changed. */
export async function writeSiteColumns(
  tx: Db,
  ctx: StoreContext,
  about: { readonly place: SitePlace; readonly input: SiteInput },
): Promise<Outcome<{ readonly changed: readonly string[] }>> {
  const { place, input } = about;
  const row = await tx.site.findUniqueOrThrow({ where: { id: place.id } });
  const refusal = await findRefusal(tx, place, input);
  if (refusal) return refusal;
  const wanted = toColumns(input);
  const changes = Object.fromEntries(
    Object.entries(wanted).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(row, name)),
    ),
  );
  if (Object.keys(changes).length > 0) await tx.site.update({ where: { id: place.id }, data: changes });
  const moved =
    input.parent === undefined
      ? { ok: true as const, changed: [] }
      : await moveSite(tx, ctx, { place, parent: input.parent });
  if (!moved.ok) return moved;
  return { ok: true, changed: [...Object.keys(changes), ...moved.changed] };
}

function toColumns(input: SiteInput): Prisma.SiteUncheckedUpdateInput {
  const {
    slug,
    name,
    kind,
    externalId,
    networks,
    defaultRegistrar,
    publicBase,
    commonFilesFor,
    enrolmentUntil,
  } = input;
  return {
    ...(slug === undefined ? {} : { slug }),
    ...(name === undefined ? {} : { name }),
    ...(kind === undefined ? {} : { kind }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(networks === undefined ? {} : { networks: [...new Set(networks ?? [])] }),
    ...(defaultRegistrar === undefined ? {} : { defaultRegistrarId: defaultRegistrar }),
    ...(publicBase === undefined ? {} : { publicBase }),
    ...(commonFilesFor === undefined ? {} : { commonFilesFor }),
    ...(enrolmentUntil === undefined
      ? {}
      : { enrolmentUntil: enrolmentUntil === null ? null : new Date(enrolmentUntil) }),
  };
}

async function findRefusal(tx: Db, place: SitePlace, input: SiteInput): Promise<Refusal | null> {
  const { id, rootId, path } = place;
  const others = { id: { not: id } };
  if (input.slug !== undefined && (await tx.site.count({ where: { ...others, slug: input.slug } })) > 0)
    return slugTaken();
  const { externalId } = input;
  if (externalId && (await tx.site.count({ where: { ...others, rootId, externalId } })) > 0)
    return refuse('conflict', { pointer: '/externalId', detail: 'another site has this external id' });
  const registrar = input.defaultRegistrar;
  if (registrar && (await tx.registrar.count({ where: { id: registrar, siteId: { in: [...path] } } })) === 0)
    return invalid('/defaultRegistrar', 'there is no such registrar at this site or above it');
  if (input.commonFilesFor && findVendor(input.commonFilesFor) === null)
    return invalid('/commonFilesFor', 'there is no such vendor');
  return null;
}

/** A site moves with everything below it, inside its root site: what belongs to a customer stays with the customer. */
async function moveSite(
  tx: Db,
  ctx: StoreContext,
  { place, parent }: { readonly place: SitePlace; readonly parent: string | null },
): Promise<Outcome<{ readonly changed: readonly string[] }>> {
  const row = await tx.site.findUniqueOrThrow({ where: { id: place.id }, select: { parentId: true } });
  const target =
    parent === null ? null : await findSitePlace(tx, { actor: ctx.actor, scope: 'write', site: parent });
  if (parent !== null && target === null) return invalid('/parent', 'there is no such site');
  if ((target?.id ?? null) === row.parentId) return { ok: true, changed: [] };
  if (target === null || target.rootId !== place.rootId)
    return invalid('/parent', 'a site can only move inside its root site');
  if (target.path.includes(place.id)) return invalid('/parent', 'a site cannot be moved below itself');
  await tx.site.update({ where: { id: place.id }, data: { parentId: target.id } });
  await tx.$executeRaw`
    UPDATE sites SET path = ${[...target.path]}::uuid[] || path[${place.path.length}::int:]
    WHERE path @> ARRAY[${place.id}]::uuid[]`;
  return { ok: true, changed: ['parent'] };
}

export function slugTaken(): Refusal {
  return refuse('conflict', { pointer: '/slug', detail: 'another site has this slug' });
}
