import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { LocalNetwork } from '#lib/domain/access.ts';

const REFRESH_MS = 5_000;

/** What the reader asks of the machine; tests give their own. */
export interface NetworkSource {
  listInterfaces(): ReturnType<typeof networkInterfaces>;
  isBridge(name: string): boolean;
  /** Text of /proc/net/route and /proc/net/ipv6_route; empty where they do not exist. */
  readRoutes(): string;
  readRoutesV6(): string;
}

/** The networks on this machine's wires, read at most every five seconds; the same list until something changes. */
export function createLocalNetworks(
  options: { readonly source?: NetworkSource; readonly now?: () => number } = {},
): () => readonly LocalNetwork[] {
  const source = options.source ?? linux;
  const now = options.now ?? Date.now;
  let readAt = Number.NEGATIVE_INFINITY;
  let networks: readonly LocalNetwork[] = [];
  let text = '';
  return () => {
    if (now() - readAt < REFRESH_MS) return networks;
    readAt = now();
    const found = readLocalNetworks(source);
    const foundText = JSON.stringify(found);
    if (foundText !== text) networks = found;
    text = foundText;
    return networks;
  };
}

/** A /sys that was mounted in another network namespace shows other interfaces; the usual names then still tell. */
const NAMED_AS_BRIDGE = /^(?:br[-\d]|bridge|docker|podman|cni|virbr|vmbr|lxcbr|lxdbr)/;

const linux: NetworkSource = {
  listInterfaces: networkInterfaces,
  isBridge: (name) => existsSync(`/sys/class/net/${name}/bridge`) || NAMED_AS_BRIDGE.test(name),
  readRoutes: () => readIfThere('/proc/net/route'),
  readRoutesV6: () => readIfThere('/proc/net/ipv6_route'),
};

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'latin1') : '';
}

export function readLocalNetworks(source: NetworkSource): LocalNetwork[] {
  const gateways = [...parseGateways(source.readRoutes()), ...parseGatewaysV6(source.readRoutesV6())];
  return Object.entries(source.listInterfaces()).flatMap(([name, addresses]) => {
    const isBridge = source.isBridge(name);
    return (addresses ?? []).flatMap(({ address, cidr, family }): LocalNetwork[] => {
      if (cidr === null) return [];
      const gateway = gateways.find((each) => each.name === name && each.family === family);
      return [{ name, address, cidr, isBridge, gateway: gateway?.address ?? null }];
    });
  });
}

interface Gateway {
  readonly name: string;
  readonly family: 'IPv4' | 'IPv6';
  readonly address: string;
}

/** Default routes of /proc/net/route: interface, destination, gateway, ..., mask in column 8; hex in host byte order. */
export function parseGateways(text: string): Gateway[] {
  return text.split('\n').flatMap((line): Gateway[] => {
    const [name, destination, gateway, , , , , mask] = line.trim().split(/\s+/);
    const isDefault = destination === '00000000' && mask === '00000000' && gateway !== '00000000';
    if (!name || !isDefault || !/^[0-9A-F]{8}$/i.test(gateway ?? '')) return [];
    const bytes = [...Buffer.from(gateway ?? '', 'hex')].reverse();
    return [{ name, family: 'IPv4', address: bytes.join('.') }];
  });
}

/** Default routes of /proc/net/ipv6_route: destination, length, source, length, next hop, ..., interface last. */
export function parseGatewaysV6(text: string): Gateway[] {
  return text.split('\n').flatMap((line): Gateway[] => {
    const columns = line.trim().split(/\s+/);
    const [destination, length, , , nextHop = ''] = columns;
    const isDefault = /^0{32}$/.test(destination ?? '') && length === '00' && !/^0*$/.test(nextHop);
    if (!isDefault || !/^[0-9a-f]{32}$/i.test(nextHop)) return [];
    const address = nextHop.match(/.{4}/g)?.join(':') ?? '';
    return [{ name: columns.at(-1) ?? '', family: 'IPv6', address }];
  });
}
