import type { Registrar } from './account.ts';
import type { LayerInput, LayerValues } from './layers.ts';
import type { Model } from './model.ts';
import type { ProfileRule } from './rule.ts';
import { type Site, siteChain } from './site.ts';
import type { Template } from './template.ts';
import { SHIPPED_VARIABLES } from './variable.ts';

/** Everything that is not a device, at one revision. Plain data: it can be copied into another thread. */
export interface Catalog {
  /** Decimal digits; rises with every change. */
  readonly revision: string;
  readonly models: ReadonlyMap<string, Model>;
  readonly sites: ReadonlyMap<string, Site>;
  readonly registrars: ReadonlyMap<string, Registrar>;
  /** Published bodies only. */
  readonly templates: readonly Template[];
  readonly rules: readonly ProfileRule[];
  readonly globalVariables: LayerValues;
  /** By vendor slug. */
  readonly globalParameters: Readonly<Record<string, LayerValues>>;
  /** By model slug. */
  readonly modelVariables: Readonly<Record<string, LayerValues>>;
  readonly modelParameters: Readonly<Record<string, LayerValues>>;
  /** Base of URLs for phones, no slash at the end, where no site says another. */
  readonly installationBase: string | null;
  /** The address that a worker reported as facing a site's networks, by site id. */
  readonly reportedBases: Readonly<Record<string, string>>;
}

/** Who a value is wanted for. */
export interface Place {
  readonly siteId: string;
  readonly vendor: string;
  /** Null: no model layer. */
  readonly model: string | null;
  /** Null: the layers above the device only. */
  readonly deviceVariables: LayerValues | null;
  readonly deviceParameters: LayerValues | null;
}

/** Layers of variables, weakest first: shipped, global, model, sites from the root to the leaf, device. */
export function variableLayers(catalog: Catalog, place: Place): LayerInput[] {
  const sites = siteChain(catalog.sites, place.siteId);
  return [
    { layer: { kind: 'shipped' }, values: SHIPPED_VARIABLES },
    { layer: { kind: 'global' }, values: catalog.globalVariables },
    ...modelLayer(place.model, catalog.modelVariables),
    ...sites.map((site) => siteLayer(site, site.variables)),
    ...(place.deviceVariables ? [{ layer: { kind: 'device' } as const, values: place.deviceVariables }] : []),
  ];
}

/** Layers of vendor parameters; the shipped base is what the vendor's templates write. */
export function parameterLayers(catalog: Catalog, place: Place): LayerInput[] {
  const sites = siteChain(catalog.sites, place.siteId);
  return [
    { layer: { kind: 'global' }, values: catalog.globalParameters[place.vendor] ?? {} },
    ...modelLayer(place.model, catalog.modelParameters),
    ...sites.map((site) => siteLayer(site, site.vendorParameters[place.vendor] ?? {})),
    ...(place.deviceParameters
      ? [{ layer: { kind: 'device' } as const, values: place.deviceParameters }]
      : []),
  ];
}

/** The base of our own URLs for phones of a site, without a slash at the end; null when nothing tells. */
export function baseFor(catalog: Catalog, siteId: string): string | null {
  const chain = siteChain(catalog.sites, siteId).reverse();
  const said = chain.find((site) => site.publicBase !== null)?.publicBase ?? catalog.installationBase;
  if (said) return said;
  for (const site of chain) {
    const reported = catalog.reportedBases[site.id];
    if (reported) return reported;
  }
  return null;
}

/** The registrar of accounts that name none: the nearest default of the site chain. */
export function defaultRegistrarId(catalog: Catalog, siteId: string): { id: string; site: Site } | null {
  const chain = siteChain(catalog.sites, siteId).reverse();
  const site = chain.find((each) => each.defaultRegistrarId !== null);
  return site?.defaultRegistrarId ? { id: site.defaultRegistrarId, site } : null;
}

function modelLayer(slug: string | null, values: Readonly<Record<string, LayerValues>>): LayerInput[] {
  return slug === null ? [] : [{ layer: { kind: 'model', model: slug }, values: values[slug] ?? {} }];
}

function siteLayer(site: Site, values: LayerValues): LayerInput {
  return { layer: { kind: 'site', siteId: site.id, site: site.name }, values };
}
