import { type Actor, type Reach, reachOf, type Scope } from '#lib/domain/actor.ts';
import { Prisma } from '#prisma/generated/client.ts';
import type { Db } from './client.ts';

/** For a query over sites: those that the actor may touch. */
export function sitesWithin(actor: Actor, scope: Scope): Prisma.SiteWhereInput {
  const reach = reachOf(actor, scope);
  return reach === 'all' ? {} : { path: { hasSome: [...reach] } };
}

/** For raw SQL over a site's path. */
export function pathWithin(reach: Reach, column: Prisma.Sql): Prisma.Sql {
  return reach === 'all' ? Prisma.sql`true` : Prisma.sql`${column} && ${[...reach]}::uuid[]`;
}

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isId(text: string): boolean {
  return ID.test(text);
}

export interface SitePlace {
  readonly id: string;
  readonly rootId: string;
  readonly path: readonly string[];
  readonly slug: string;
}

/** A site by slug or id; null when there is none, or none that the actor may touch. */
export async function findSitePlace(
  db: Db,
  options: { readonly actor: Actor; readonly scope: Scope; readonly site: string },
): Promise<SitePlace | null> {
  const { actor, scope, site } = options;
  const named = isId(site) ? { id: site.toLowerCase() } : { slug: site };
  return db.site.findFirst({
    where: { AND: [named, sitesWithin(actor, scope)] },
    select: { id: true, rootId: true, path: true, slug: true },
  });
}

/** Everywhere, not in a subtree: what has no site can be changed by nobody else. */
export function reachesEverything(actor: Actor, scope: Scope): boolean {
  return reachOf(actor, scope) === 'all';
}
