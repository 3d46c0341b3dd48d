/**
 * Who may download what: three doors (ARCHITECTURE.md, "Access to a download"). From outside every refusal looks the
 * same; inside each one has a reason.
 */
import ipaddr from 'ipaddr.js';
import type { DeviceState } from './device.ts';

/** `/d/<token>/`, `/s/<code>/`, and paths that carry neither (TFTP too). */
export type Door = 'token' | 'site' | 'plain';

/**
 * Where a request comes from. `direct`: the address of the socket. `proxy`: told by a trusted proxy. The other two are
 * no phones: a forwarder that nobody trusts, and a trusted proxy that did not say for whom it asks.
 */
export interface AccessSource {
  /** IPv4 or IPv6, without a zone; an IPv4 address that came in over IPv6 in its IPv4 form. */
  readonly address: string;
  readonly via: 'direct' | 'proxy' | 'untrusted-forwarder' | 'silent-proxy';
}

/** An address of this machine, the network that it stands in, and the default gateway there. */
export interface LocalNetwork {
  /** Name of the interface. */
  readonly name: string;
  readonly address: string;
  /** `192.168.1.10/24`: the network with its length; host bits do not count. */
  readonly cidr: string;
  readonly isBridge: boolean;
  readonly gateway: string | null;
}

export interface AccessSite {
  readonly id: string;
  readonly networks: readonly string[];
  /** ISO time; null: no enrolment window. */
  readonly enrolmentUntil: string | null;
}

export interface AccessQuestion {
  readonly door: Door;
  readonly source: AccessSource;
  /** Whose files are asked for; null for the common files of a site. */
  readonly device: { readonly state: DeviceState; readonly hasFiles: boolean } | null;
  /** The site of the device, or of the common file, and those above it: leaf first. */
  readonly sites: readonly AccessSite[];
  /** The site whose code is in the path; null for the other doors. */
  readonly codeSite: AccessSite | null;
  readonly localNetworks: readonly LocalNetwork[];
  readonly nowMs: number;
}

export type AccessRefusal =
  | 'discovered'
  | 'retired'
  | 'nothing-published'
  | 'outside-networks'
  | 'enrolment-closed'
  | 'bridge-address'
  | 'gateway-address'
  | 'untrusted-forwarder'
  | 'silent-proxy';

export type AccessGrant = 'token' | 'enrolment' | 'loopback' | 'site-networks' | 'on-link';

export type AccessDecision =
  | { readonly allowed: true; readonly because: AccessGrant }
  | { readonly allowed: false; readonly reason: AccessRefusal };

/**
 * Decides one download. A token opens its own door from anywhere. A site's code opens while an enrolment window is open
 * or from the site's networks; a plain path from the site's networks alone. Credentials and client certificates join
 * here, as further grants of the site's door.
 */
export function decideAccess(question: AccessQuestion): AccessDecision {
  const unserved = question.device && refuseDevice(question.device);
  if (unserved) return refuse(unserved);
  if (question.door === 'token') return grant('token');
  const site = question.codeSite;
  if (question.door === 'site' && site && isEnrolling(site, question.nowMs)) return grant('enrolment');
  const sites = question.door === 'site' && site ? startingAt(question.sites, site) : question.sites;
  const decision = decideByNetwork(question.source, sites, question.localNetworks);
  if (question.door === 'site' && !decision.allowed && decision.reason === 'outside-networks')
    return refuse('enrolment-closed');
  return decision;
}

function refuseDevice(device: NonNullable<AccessQuestion['device']>): AccessRefusal | null {
  if (device.state === 'discovered') return 'discovered';
  if (device.hasFiles) return null;
  return device.state === 'retired' ? 'retired' : 'nothing-published';
}

function isEnrolling(site: AccessSite, nowMs: number): boolean {
  return site.enrolmentUntil !== null && Date.parse(site.enrolmentUntil) > nowMs;
}

function startingAt(sites: readonly AccessSite[], site: AccessSite): readonly AccessSite[] {
  const start = sites.findIndex((each) => each.id === site.id);
  return start === -1 ? [site] : sites.slice(start);
}

/**
 * Whether a request without proof comes from where the phones of a site are: loopback, else the nearest networks that
 * the chain names, else a private network on one of this machine's own wires.
 *
 * Someone else's request that is passed on is never let in by where the forwarder stands: a proxy on this machine has
 * the loopback address, and the world behind it. The same goes for addresses that stand for others on the wire: a
 * bridge's own (ports that a container host passes on) and the default gateway's (masqueraded networks).
 *
 * @param sites leaf first
 */
export function decideByNetwork(
  source: AccessSource,
  sites: readonly Pick<AccessSite, 'networks'>[],
  localNetworks: readonly LocalNetwork[],
): AccessDecision {
  if (source.via === 'untrusted-forwarder' || source.via === 'silent-proxy') return refuse(source.via);
  if (source.via === 'direct' && LOOPBACK.test(source.address)) return grant('loopback');
  const address = readAddress(source.address);
  if (!address) return refuse('outside-networks');
  const named = sites.find((site) => site.networks.length > 0);
  if (!named) return decideOnLink(address, localNetworks);
  return longestMatch(address, named.networks) === null ? refuse('outside-networks') : grant('site-networks');
}

function decideOnLink(address: Address, localNetworks: readonly LocalNetwork[]): AccessDecision {
  const surroundings = readSurroundings(localNetworks);
  const text = address.toString();
  if (surroundings.bridges.has(text)) return refuse('bridge-address');
  if (surroundings.gateways.has(text)) return refuse('gateway-address');
  const isOnLink = isPrivate(address) && longestMatch(address, surroundings.wires) !== null;
  return isOnLink ? grant('on-link') : refuse('outside-networks');
}

interface Surroundings {
  readonly bridges: ReadonlySet<string>;
  readonly gateways: ReadonlySet<string>;
  readonly wires: readonly string[];
}

/** As with the lists of sites: the same list is read once. */
const knownSurroundings = new WeakMap<readonly LocalNetwork[], Surroundings>();

function readSurroundings(localNetworks: readonly LocalNetwork[]): Surroundings {
  const known = knownSurroundings.get(localNetworks);
  if (known) return known;
  const bridges = localNetworks.filter((network) => network.isBridge).map((network) => network.address);
  const gateways = localNetworks.map((network) => network.gateway).filter((gateway) => gateway !== null);
  const surroundings = {
    bridges: new Set(bridges.map(normalise)),
    gateways: new Set(gateways.map(normalise)),
    wires: localNetworks.map((network) => network.cidr).filter(isPrivateNetwork),
  };
  knownSurroundings.set(localNetworks, surroundings);
  return surroundings;
}

function normalise(address: string): string {
  return readAddress(address)?.toString() ?? address;
}

const LOOPBACK = /^(?:::1|(?:::ffff:)?127(?:\.\d{1,3}){3})$/;

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type ParsedNetwork = readonly [Address, number];

const PRIVATE_RANGES = new Set(['private', 'uniqueLocal', 'linkLocal']);

function isPrivate(address: Address): boolean {
  return PRIVATE_RANGES.has(address.range());
}

function isPrivateNetwork(cidr: string): boolean {
  const parsed = parseNetwork(cidr);
  return parsed !== null && isPrivate(parsed[0]);
}

/** Length in bits of the narrowest of these networks (CIDR) that holds the address; null when none does. */
export function matchNetworks(address: string, networks: readonly string[]): number | null {
  const parsed = readAddress(address);
  return parsed && longestMatch(parsed, networks);
}

function longestMatch(address: Address, networks: readonly string[]): number | null {
  let longest: number | null = null;
  for (const [network, length] of parseNetworks(networks)) {
    if (network.kind() !== address.kind() || !address.match(network, length)) continue;
    if (longest === null || length > longest) longest = length;
  }
  return longest;
}

/** Lists come out of the replica unchanged until their site changes, so a list is parsed once. */
const parsedLists = new WeakMap<readonly string[], readonly ParsedNetwork[]>();

function parseNetworks(networks: readonly string[]): readonly ParsedNetwork[] {
  const known = parsedLists.get(networks);
  if (known) return known;
  const parsed = networks.map(parseNetwork).filter((network) => network !== null);
  parsedLists.set(networks, parsed);
  return parsed;
}

function parseNetwork(cidr: string): ParsedNetwork | null {
  const full = cidr.includes('/') ? cidr : `${cidr}/${cidr.includes(':') ? 128 : 32}`;
  return ipaddr.isValidCIDR(full) ? ipaddr.parseCIDR(full) : null;
}

/** `::ffff:10.0.0.1` counts as `10.0.0.1`. Only full spellings: `10.1` is nobody's address. */
function readAddress(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  const bare = text.replace(/%.*$/, '');
  return ipaddr.IPv6.isValid(bare) ? ipaddr.process(bare) : null;
}

function grant(because: AccessGrant): AccessDecision {
  return { allowed: true, because };
}

function refuse(reason: AccessRefusal): AccessDecision {
  return { allowed: false, reason };
}

/** What a person reads in the timeline, and what to do about it. */
export const ACCESS_REFUSAL_TEXT: Readonly<Record<AccessRefusal, string>> = {
  discovered: 'the phone is only discovered; approve it first',
  retired: 'the phone is retired and has fetched its last files',
  'nothing-published': 'nothing was published for this phone yet',
  'outside-networks': 'the address is in none of the networks of its site',
  'enrolment-closed': "no enrolment window is open, and the address is in none of the site's networks",
  'bridge-address':
    "the address is a bridge of this machine, which stands for others; name it in the site's networks",
  'gateway-address':
    "the address is the default gateway, which stands for others; name it in the site's networks",
  'untrusted-forwarder': 'the request was forwarded by a proxy that is not in PROVOST_TRUSTED_PROXIES',
  'silent-proxy': 'a trusted proxy did not say for whom it asks; let it send X-Forwarded-For',
};
