/** Which devices and which common files a change of the catalog can affect. One place says it, in SQL. */
import { Prisma } from '#prisma/generated/client.ts';
import type { Db } from './client.ts';

export interface CatalogScope {
  /** Vendor slugs; empty: every vendor. */
  readonly vendors: readonly string[];
  /** Model slugs; empty: every model. */
  readonly models: readonly string[];
  /** The site and everything below it; null: every site. */
  readonly siteId: string | null;
}

export const EVERYTHING: CatalogScope = { vendors: [], models: [], siteId: null };

/** A row `c` of catalog_changes has device `d` at site `s` in its scope. Retired phones keep what they got. */
export const DEVICE_IN_SCOPE = Prisma.sql`(NOT c.inert AND d.state IN ('active', 'suspended')
  AND (cardinality(c.vendors) = 0 OR d.vendor = ANY (c.vendors))
  AND (cardinality(c.models) = 0 OR d.model_slug = ANY (c.models))
  AND (c.site_id IS NULL OR s.path @> ARRAY[c.site_id]))`;

/** Asked once for a whole query: mostly there is none, and no device needs to be compared with any. */
export const IS_ANY_UNSWEPT = Prisma.sql`EXISTS (SELECT FROM catalog_changes WHERE NOT swept)`;

/** For lists and pages: whether device `d` at site `s` is behind. */
export const IS_BEHIND = Prisma.sql`(d.state <> 'discovered' AND (d.version <> d.compiled_version
  OR (${IS_ANY_UNSWEPT} AND EXISTS (SELECT FROM catalog_changes c
    WHERE NOT c.swept AND d.compiled_catalog_revision < c.revision AND ${DEVICE_IN_SCOPE}))))`;

/** The same for a row `p` of site_publications at site `s`. Common files have no model, so that models do not limit. */
export const SITE_IN_SCOPE = Prisma.sql`(NOT c.inert
  AND (cardinality(c.vendors) = 0 OR p.vendor = ANY (c.vendors))
  AND (c.site_id IS NULL OR s.path @> ARRAY[c.site_id]))`;

/** Devices that a change of this scope can affect, at most `limit` ids, and how many there are. */
export async function findAffected(
  db: Db,
  scope: CatalogScope,
  limit: number,
): Promise<{ readonly ids: readonly string[]; readonly count: number }> {
  const inScope = Prisma.sql`FROM devices d JOIN sites s ON s.id = d.site_id, ${scopeRow(scope)} WHERE ${DEVICE_IN_SCOPE}`;
  const ids = await db.$queryRaw<{ id: string }[]>`SELECT d.id ${inScope} ORDER BY d.id LIMIT ${limit + 1}`;
  if (ids.length <= limit) return { ids: ids.map((row) => row.id), count: ids.length };
  const counted = await db.$queryRaw<{ count: number }[]>`SELECT count(*)::int AS count ${inScope}`;
  return { ids: ids.slice(0, limit).map((row) => row.id), count: counted[0]?.count ?? 0 };
}

function scopeRow(scope: CatalogScope): Prisma.Sql {
  return Prisma.sql`(SELECT false AS inert, ${[...scope.vendors]}::text[] AS vendors,
    ${[...scope.models]}::text[] AS models, ${scope.siteId}::uuid AS site_id) c`;
}
