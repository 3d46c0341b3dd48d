import ipaddr from 'ipaddr.js';

/** An address of a worker, and the base of URLs for phones that reach it there. */
export interface Facing {
  readonly address: string;
  /** CIDR of the interface. */
  readonly network: string;
  readonly base: string;
}

/**
 * The base under which phones of a site reach a worker: of the interface whose network overlaps one of the site's. A
 * root site without networks is faced by the first interface that is not loopback, else by loopback; one below it
 * inherits. Null when none faces the site.
 */
export function findFacingBase(
  site: { readonly networks: readonly string[]; readonly parentId: string | null },
  interfaces: readonly Facing[],
): string | null {
  if (site.networks.length > 0)
    return (
      interfaces.find((each) => site.networks.some((network) => overlaps(network, each.network)))?.base ??
      null
    );
  if (site.parentId !== null) return null;
  const outward = interfaces.find((each) => !isLoopback(each.address)) ?? interfaces[0];
  return outward?.base ?? null;
}

function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.parse(address).range() === 'loopback';
}

function overlaps(a: string, b: string): boolean {
  if (!ipaddr.isValidCIDR(a) || !ipaddr.isValidCIDR(b)) return false;
  const [addressA, bitsA] = ipaddr.parseCIDR(a);
  const [addressB, bitsB] = ipaddr.parseCIDR(b);
  const bits = Math.min(bitsA, bitsB);
  if (addressA instanceof ipaddr.IPv4 && addressB instanceof ipaddr.IPv4)
    return addressA.match(addressB, bits);
  if (addressA instanceof ipaddr.IPv6 && addressB instanceof ipaddr.IPv6)
    return addressA.match(addressB, bits);
  return false;
}
