import ipaddr from 'ipaddr.js';

/** An IPv4 or IPv6 network; `text` is its normal form, for example `10.0.0.0/8`. */
export interface Network {
  readonly text: string;
  readonly address: ipaddr.IPv4 | ipaddr.IPv6;
  readonly prefix: number;
}

export type NetworkReading = { readonly ok: true; readonly value: Network } | { readonly ok: false };

/** Reads `10.0.0.0/8`, `fd00::/8`, or a single address (its own /32 or /128). Bits behind the prefix are cleared. */
export function parseNetwork(text: string): NetworkReading {
  const [host = '', bits] = text.trim().split('/');
  const strictHost = ipaddr.IPv4.isValidFourPartDecimal(host) || ipaddr.IPv6.isValid(host);
  if (!strictHost) return { ok: false };
  const full = bits === undefined ? `${host}/${host.includes(':') ? 128 : 32}` : `${host}/${bits}`;
  if (!ipaddr.isValidCIDR(full)) return { ok: false };
  const [, prefix] = ipaddr.parseCIDR(full);
  const address = host.includes(':')
    ? ipaddr.IPv6.networkAddressFromCIDR(full)
    : ipaddr.IPv4.networkAddressFromCIDR(full);
  return { ok: true, value: { text: `${address.toString()}/${prefix}`, address, prefix } };
}

/**
 * What counts as one source: an IPv4 address, or the /64 that an IPv6 host picks its addresses from. Text that is no
 * address stands for itself.
 */
export function sourceNetwork(address: string): string {
  const bare = address.replace(/%.*$/, '');
  if (!ipaddr.isValid(bare)) return address;
  const parsed = ipaddr.process(bare);
  return parsed.kind() === 'ipv4'
    ? parsed.toString()
    : ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/64`).toString();
}

/** Whether an address, as a socket reports it, is in one of the networks. `::ffff:10.0.0.1` counts as `10.0.0.1`. */
export function isInNetworks(address: string, networks: readonly Network[]): boolean {
  const bare = address.replace(/%.*$/, '');
  if (!ipaddr.isValid(bare)) return false;
  const parsed = ipaddr.process(bare);
  return networks.some(
    (network) => network.address.kind() === parsed.kind() && parsed.match(network.address, network.prefix),
  );
}
