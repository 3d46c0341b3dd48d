/**
 * Whose common file a plain path means: `y000000000000.boot` by TFTP carries neither MAC nor User-Agent, and a server
 * may have phones of several vendors and sites on it.
 */
import { type AccessSource, decideByNetwork, type LocalNetwork, matchNetworks } from '#lib/domain/access.ts';
import { identifyPhone } from '#lib/domain/fingerprint.ts';
import type { Mac } from '#lib/domain/mac.ts';
import type { ServedDevice, ServedFile, ServedSite } from '#lib/domain/served.ts';
import type { ReplicaView } from '../replica/view.ts';
import { canonicalName } from './names.ts';

export interface CommonFileQuestion {
  readonly name: string;
  readonly source: AccessSource;
  readonly userAgent: string | null;
  /** The site whose code is in the path; null: the site is found by the source address. */
  readonly codeSite: ServedSite | null;
  readonly localNetworks: readonly LocalNetwork[];
}

export interface CommonFile {
  readonly file: ServedFile | null;
  /** The device that was recognised behind the address, file or not. */
  readonly device: ServedDevice | null;
  readonly site: ServedSite | null;
  readonly reason: 'no-such-file' | 'ambiguous-common-file';
}

interface Surroundings {
  readonly view: ReplicaView;
  readonly findNeighbour: (address: string) => Mac | null;
}

/**
 * Resolves in this order: the known device at the address gets its own; else the User-Agent's vendor and the site of the
 * source network; else the vendor that the site names for such requests.
 */
export function findCommonFile(question: CommonFileQuestion, surroundings: Surroundings): CommonFile {
  const { view } = surroundings;
  const device = findDeviceAt(question.source, surroundings);
  const isHere = device !== null && isAtSite(view, device.siteId, question.codeSite);
  if (device && isHere) return ownCommonFile(view, device, question.name);
  const site = question.codeSite ?? findSiteOfSource(view, question.source, question.localNetworks);
  const chain = site ? chainOf(view, site.id) : [];
  const vendor = vendorOfAgent(question.userAgent) ?? firstNamed(chain);
  const file = vendor === null ? null : findInChain(chain, vendor, question.name);
  const exists = file !== null || chain.some((each) => holdsName(each, question.name));
  const reason =
    vendor === null && (exists || isWellKnown(question.name)) ? 'ambiguous-common-file' : 'no-such-file';
  return { file, device: null, site, reason };
}

function findDeviceAt(source: AccessSource, surroundings: Surroundings): ServedDevice | null {
  if (source.via === 'untrusted-forwarder' || source.via === 'silent-proxy') return null;
  const mac = source.via === 'direct' ? surroundings.findNeighbour(source.address) : null;
  const neighbour = mac && surroundings.view.findDeviceByMac(mac);
  const device = neighbour || surroundings.view.findDeviceByAddress(source.address);
  return device && device.state !== 'discovered' ? device : null;
}

function ownCommonFile(view: ReplicaView, device: ServedDevice, name: string): CommonFile {
  const wanted = canonicalName(name);
  const own = device.files.find((file) => file.role !== 'main' && file.name.toLowerCase() === wanted) ?? null;
  const chain = chainOf(view, device.siteId);
  const file = own ?? (device.vendor === null ? null : findInChain(chain, device.vendor, name));
  return { file, device, site: chain[0] ?? null, reason: 'no-such-file' };
}

function vendorOfAgent(userAgent: string | null): string | null {
  if (userAgent === null) return null;
  const nothing = { vendor: null, model: null, version: null };
  return identifyPhone({ event: nothing, userAgent, mac: null, uriHost: null }).vendor;
}

function firstNamed(chain: readonly ServedSite[]): string | null {
  return chain.find((site) => site.commonFilesFor !== null)?.commonFilesFor ?? null;
}

function findInChain(chain: readonly ServedSite[], vendor: string, name: string): ServedFile | null {
  const wanted = canonicalName(name);
  for (const site of chain) {
    const file = site.commonFiles[vendor]?.find((each) => each.name.toLowerCase() === wanted);
    if (file) return file;
  }
  return null;
}

function holdsName(site: ServedSite, name: string): boolean {
  const wanted = canonicalName(name);
  return Object.values(site.commonFiles).some((files) =>
    files.some((file) => file.name.toLowerCase() === wanted),
  );
}

/** Names that phones ask for whatever the server is; for others there is nothing ambiguous about a miss. */
function isWellKnown(name: string): boolean {
  return /^y?0{12}\./.test(name);
}

/** The site and those above it, leaf first. An unknown parent ends the chain, a cycle too. */
export function chainOf(view: ReplicaView, siteId: string): readonly ServedSite[] {
  const chain: ServedSite[] = [];
  for (let site = view.findSite(siteId); site && !chain.includes(site); ) {
    chain.push(site);
    site = site.parentId === null ? null : view.findSite(site.parentId);
  }
  return chain;
}

/** Whether a site is the one named by a code, or below it. */
export function isAtSite(view: ReplicaView, siteId: string, codeSite: ServedSite | null): boolean {
  return codeSite === null || chainOf(view, siteId).some((site) => site.id === codeSite.id);
}

/**
 * The site that a source address belongs to: the one with the narrowest network around it. Where no site names the
 * address, but unnamed networks and loopback are let in, it is the one that stands above all others that let it in.
 */
export function findSiteOfSource(
  view: ReplicaView,
  source: AccessSource,
  localNetworks: readonly LocalNetwork[],
): ServedSite | null {
  const sites = view.listSites();
  let best: { readonly site: ServedSite; readonly length: number } | null = null;
  for (const site of sites) {
    const length = matchNetworks(source.address, site.networks);
    if (length !== null && (best === null || length > best.length)) best = { site, length };
  }
  if (best) return best.site;
  const open = sites.filter((site) => decideByNetwork(source, chainOf(view, site.id), localNetworks).allowed);
  const top = open.find((site) => site.parentId === null || !open.some((each) => each.id === site.parentId));
  const isAlone = top !== undefined && open.every((site) => isAtSite(view, site.id, top));
  return isAlone ? top : null;
}
