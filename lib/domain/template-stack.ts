import type { Catalog, Place } from './catalog.ts';
import { siteChain } from './site.ts';
import type { Template } from './template.ts';

/**
 * Templates of one name that match a place, general to specific: by depth of their site, then those that name no model
 * before those that do, shipped ones before others. `replace` cuts off what is below.
 */
export function stackTemplates(catalog: Catalog, place: Place, name: string): readonly Template[] {
  const sorted = matching(catalog, place)
    .filter((template) => template.name === name)
    .sort((a, b) => compareRanks(rank(catalog, a), rank(catalog, b)));
  const cut = sorted.findLastIndex((template) => template.mode === 'replace');
  return cut < 0 ? sorted : sorted.slice(cut);
}

/** Names of the cfg templates that match a place, the common file first, then by letters. */
export function templateNames(catalog: Catalog, place: Place, kind: Template['kind']): readonly string[] {
  const names = matching(catalog, place).filter((template) => template.kind === kind);
  return [...new Set(names.map((template) => template.name))].sort((a, b) => (a < b ? -1 : 1));
}

function matching(catalog: Catalog, place: Place): Template[] {
  const sites = new Set(siteChain(catalog.sites, place.siteId).map((site) => site.id));
  return catalog.templates.filter(
    (template) =>
      template.vendor === place.vendor &&
      (template.models.length === 0 || (place.model !== null && template.models.includes(place.model))) &&
      (template.siteId === null || sites.has(template.siteId)),
  );
}

function rank(catalog: Catalog, template: Template): readonly (string | number)[] {
  const depth = template.siteId === null ? 0 : siteChain(catalog.sites, template.siteId).length;
  return [depth, template.models.length === 0 ? 0 : 1, template.shipped ? 0 : 1, template.id];
}

function compareRanks(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right !== undefined && left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
