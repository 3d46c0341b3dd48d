/** Who a request comes from, when it may have been passed on. */
import ipaddr from 'ipaddr.js';
import type { AccessSource } from '#lib/domain/access.ts';
import { isInNetworks, type Network } from '#lib/system/network.ts';

/** Names in lower case, as node:http gives them: repeated headers joined by `, `. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Headers that only something between client and server adds. */
const FORWARDING = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
]);

/**
 * The source of a request (AccessSource says what the kinds mean). A request without forwarding headers is its socket's.
 * With them it counts as its forwarder, unless that is a trusted proxy: then the client is read from the right, past
 * further trusted proxies. Proxies pass on what they do not know, so a client could add a header of another kind than
 * the one that its proxy sets; where two kinds disagree, nobody is believed.
 *
 * @param peer address of the socket
 */
export function identifySource(
  peer: string,
  headers: RequestHeaders,
  trusted: readonly Network[],
): AccessSource {
  const address = plainAddress(peer);
  const forwarded = isForwarded(headers);
  if (trusted.length === 0 || !isInNetworks(address, trusted))
    return { address, via: forwarded ? 'untrusted-forwarder' : 'direct' };
  const client = forwarded ? readClient(headers, trusted) : 'unnamed';
  if (client === 'unnamed') return { address, via: 'silent-proxy' };
  return client === 'unclear'
    ? { address, via: 'untrusted-forwarder' }
    : { address: client.address, via: 'proxy' };
}

/** A socket's address without its zone; IPv4 inside IPv6 as IPv4. */
export function plainAddress(address: string): string {
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7);
  const zone = address.indexOf('%');
  return zone === -1 ? address : address.slice(0, zone);
}

function isForwarded(headers: RequestHeaders): boolean {
  for (const name in headers) if (name.startsWith('x-forwarded') || FORWARDING.has(name)) return true;
  return false;
}

function readClient(
  headers: RequestHeaders,
  trusted: readonly Network[],
): { readonly address: string } | 'unnamed' | 'unclear' {
  const byList = chainOf(headers['x-forwarded-for'], (entry) => entry);
  const byStandard = chainOf(headers.forwarded, (entry) => forParameter(entry));
  const byReal = chainOf(headers['x-real-ip'], (entry) => entry);
  const chain = byList ?? byStandard ?? byReal;
  if (!chain) return 'unnamed';
  const client = lastUntrusted(chain, trusted);
  if (client === null) return 'unclear';
  if (byList && byStandard && lastUntrusted(byStandard, trusted) !== client) return 'unclear';
  const real = byReal && lastUntrusted(byReal, trusted);
  const isConsistent = byReal === null || real === client || (real !== null && isInNetworks(real, trusted));
  return isConsistent ? { address: client } : 'unclear';
}

function chainOf(
  header: string | readonly string[] | undefined,
  readEntry: (entry: string) => string,
): readonly (string | null)[] | null {
  if (header === undefined) return null;
  const text = typeof header === 'string' ? header : header.join(',');
  return text.split(',').map((entry) => readNode(readEntry(entry.trim())));
}

/** The client as seen by the nearest proxy that is ours; null where the chain is not readable there. */
function lastUntrusted(chain: readonly (string | null)[], trusted: readonly Network[]): string | null {
  for (const address of chain.toReversed()) {
    if (address === null || !isInNetworks(address, trusted)) return address;
  }
  return chain[0] ?? null;
}

/** `for="[2001:db8::1]:4711";proto=http` (RFC 7239, section 4). */
function forParameter(element: string): string {
  const pair = element.split(';').find((each) => /^\s*for=/i.test(each)) ?? '';
  return pair.slice(pair.indexOf('=') + 1).trim();
}

/** An address with or without a port, brackets or quotes; null for names, `unknown` and anything else. */
function readNode(text: string): string | null {
  const bare = text.replace(/^"(.*)"$/, '$1');
  const host = /^\[([^\]]+)\](?::\d+)?$/.exec(bare)?.[1] ?? /^([\d.]+):\d+$/.exec(bare)?.[1] ?? bare;
  if (ipaddr.IPv4.isValidFourPartDecimal(host)) return host;
  return ipaddr.IPv6.isValid(host) ? ipaddr.process(host.replace(/%.*$/, '')).toString() : null;
}
