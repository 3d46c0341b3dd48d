import type { ServedEntity, ServedSite } from '#lib/domain/served.ts';

/** PROVOST_SITES: slugs or ids of the sites that this worker follows, with everything below them; null: all. */
export type WantedSites = readonly string[] | null;

/** How a replica remembers for which sites it was made. */
export function describeScope(wanted: WantedSites): string {
  return wanted === null ? 'all' : wanted.toSorted().join(',');
}

/** Ids of the wanted sites and of those below them; null: every site. */
export function sitesWithin(sites: readonly ServedSite[], wanted: WantedSites): ReadonlySet<string> | null {
  if (wanted === null) return null;
  const within = new Set(
    sites.filter(({ id, slug }) => wanted.includes(id) || wanted.includes(slug)).map(({ id }) => id),
  );
  for (let grew = true; grew; ) {
    const below = sites.filter(
      ({ id, parentId }) => parentId !== null && within.has(parentId) && !within.has(id),
    );
    for (const { id } of below) within.add(id);
    grew = below.length > 0;
  }
  return within;
}

/** Whether a replica of these sites holds the entity. Sites, rules and models are few, and all of them are held. */
export function isWithin(entity: ServedEntity, within: ReadonlySet<string> | null): boolean {
  return within === null || entity.kind !== 'device' || within.has(entity.value.siteId);
}

export function isSameScope(a: ReadonlySet<string> | null, b: ReadonlySet<string> | null): boolean {
  if (a === null || b === null) return a === b;
  return a.size === b.size && [...a].every((id) => b.has(id));
}
