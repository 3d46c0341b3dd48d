import type { LayerValues } from './layers.ts';

export const SITE_KINDS = ['reseller', 'customer', 'location'] as const;
export type SiteKind = (typeof SITE_KINDS)[number];

/** A node of the tree reseller, customer, location. */
export interface Site {
  readonly id: string;
  readonly rootId: string;
  readonly parentId: string | null;
  readonly kind: SiteKind;
  readonly slug: string;
  readonly name: string;
  readonly externalId: string | null;
  /** IPv4 and IPv6 CIDR. Plain paths are served to these, and unknown phones are attributed by them. */
  readonly networks: readonly string[];
  readonly defaultRegistrarId: string | null;
  /** Base of URLs for phones, without a slash at the end; null: inherited. */
  readonly publicBase: string | null;
  /** The bootstrap URL's code, `/s/<code>/`. No secret. */
  readonly bootstrapCode: string;
  /** The vendor whose common files a plain path answers when nothing else tells. */
  readonly commonFilesFor: string | null;
  /** ISO time until which unknown and known phones may bootstrap from any network; null: closed. */
  readonly enrolmentUntil: string | null;
  /** Vendor slug to parameter values. */
  readonly vendorParameters: Readonly<Record<string, LayerValues>>;
  readonly variables: LayerValues;
  readonly version: number;
}

/** The chain from the root to the site itself. An unknown parent ends it. */
export function siteChain(sites: ReadonlyMap<string, Site>, siteId: string): Site[] {
  const chain: Site[] = [];
  for (let site = sites.get(siteId); site && !chain.includes(site); site = sites.get(site.parentId ?? '')) {
    chain.unshift(site);
  }
  return chain;
}
