import type { Vendor } from '../vendor.ts';
import { flyingvoice } from './flyingvoice.ts';

/** Every vendor that Provost knows, in the order in which the console lists them. */
export const VENDORS: readonly Vendor[] = [flyingvoice];

const BY_SLUG: ReadonlyMap<string, Vendor> = new Map(VENDORS.map((vendor) => [vendor.slug, vendor]));

export function findVendor(slug: string | null): Vendor | null {
  return slug === null ? null : (BY_SLUG.get(slug) ?? null);
}

/** The vendor of a model slug, `flyingvoice/fip14g`. */
export function vendorOfModel(modelSlug: string | null): Vendor | null {
  return findVendor(modelSlug?.split('/')[0] ?? null);
}
