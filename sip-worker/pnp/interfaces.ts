import { networkInterfaces } from 'node:os';

/** One IPv4 address of an interface that is up. An interface with several addresses has several of these. */
export interface LocalSubnet {
  readonly name: string;
  readonly address: string;
  readonly network: number;
  readonly mask: number;
}

/** The subnets of interfaces that are up; of those named by interface or address only, when there is such a list. */
export function listSubnets(wanted: readonly string[] | null): LocalSubnet[] {
  return Object.entries(networkInterfaces())
    .flatMap(([name, addresses]) => (addresses ?? []).map((entry) => ({ ...entry, name })))
    .filter((entry) => entry.family === 'IPv4')
    .filter(({ name, address }) => wanted === null || wanted.includes(name) || wanted.includes(address))
    .flatMap(({ name, address, netmask }) => makeSubnet(name, address, netmask));
}

export function makeSubnet(name: string, address: string, netmask: string): LocalSubnet[] {
  const bits = readAddress(address);
  const mask = readAddress(netmask);
  return bits === null || mask === null ? [] : [{ name, address, network: (bits & mask) >>> 0, mask }];
}

/** An IPv4 address as a number; null for any other text. */
export function readAddress(text: string): number | null {
  let value = 0;
  let octet = -1;
  let octets = 1;
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit >= 0 && digit <= 9) octet = (octet < 0 ? 0 : octet) * 10 + digit;
    else if (text[at] !== '.' || octet < 0) return null;
    else {
      value = value * 256 + octet;
      octets += 1;
      octet = -1;
    }
    if (octet > 255 || octets > 4) return null;
  }
  return octets === 4 && octet >= 0 ? value * 256 + octet : null;
}

const ZERO = 48;

/** The subnets that hold the address, the narrowest ones only: one as a rule, several when interfaces share a network. */
export function findFacing<T extends LocalSubnet>(subnets: readonly T[], address: string): T[] {
  const bits = readAddress(address);
  if (bits === null) return [];
  const holding = subnets.filter(({ network, mask }) => (bits & mask) >>> 0 === network);
  const narrowest = holding.reduce((widest, { mask }) => Math.max(widest, mask), 0);
  return holding.filter(({ mask }) => mask === narrowest);
}
