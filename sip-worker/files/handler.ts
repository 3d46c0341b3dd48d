/**
 * One answer to one request for a file, whatever carried it. Everything comes from the local replica: no database, no
 * template, no file system by the name that was asked for.
 */
import { type AccessSource, type Door, decideAccess, type LocalNetwork } from '#lib/domain/access.ts';
import type { Mac } from '#lib/domain/mac.ts';
import type { ServedDevice, ServedFile, ServedSite } from '#lib/domain/served.ts';
import type { Network } from '#lib/system/network.ts';
import type { ReplicaView } from '../replica/view.ts';
import { type BodyCache, createBodyCache } from './body-cache.ts';
import { identifySource, type RequestHeaders } from './client-address.ts';
import { chainOf, findCommonFile, isAtSite } from './common-file.ts';
import type { Transport } from './fact.ts';
import { createKnownPairs, type KnownPairs } from './known-pairs.ts';
import { canonicalName, type FileName, readTarget, readTftpName } from './names.ts';
import type { Refusal } from './refusal.ts';
import { createReportLimit, type ReportLimit } from './report-limit.ts';
import {
  type BudgetLimits,
  createUnknownBudget,
  DEFAULT_BUDGET,
  sourceKey,
  type UnknownBudget,
} from './unknown-budget.ts';

export interface FileRequest {
  readonly transport: Transport;
  /** `GET`, `HEAD`; TFTP: `RRQ`. */
  readonly method: string;
  /** HTTP: the request target as it came. TFTP: the file name, one character for each byte. */
  readonly target: string;
  /** Address of the socket or datagram. */
  readonly peerAddress: string;
  /** Empty for TFTP. */
  readonly headers: RequestHeaders;
}

export interface FileAnswer {
  readonly status: 200 | 304 | 404 | 405;
  /** Null for refusals. */
  readonly file: ServedFile | null;
  /** Null unless `status` is 200. */
  readonly body: Buffer | null;
  readonly source: AccessSource;
  readonly door: Door | null;
  readonly device: ServedDevice | null;
  readonly site: ServedSite | null;
  readonly mac: string | null;
  readonly tokenIsCurrent: boolean | null;
  /** The request itself said whose file it wants, by token or MAC: its address is the phone's. */
  readonly isIdentified: boolean;
  readonly reason: Refusal | null;
  /** Not worth a line in the timeline: more guessing from a source that was already told about. */
  readonly quiet: boolean;
}

export interface FileHandlerOptions {
  readonly view: ReplicaView;
  readonly trustedProxies: readonly Network[];
  readonly listLocalNetworks: () => readonly LocalNetwork[];
  /** The MAC behind an address on this machine's wires. */
  readonly findNeighbour: (address: string) => Mac | null;
  readonly now: () => number;
  /** Clear file bodies kept in memory; 96 MiB when absent. */
  readonly cacheBytes?: number;
  readonly budget?: BudgetLimits;
}

export interface FileHandler {
  answer(request: FileRequest): FileAnswer;
  /** Who asks, behind trusted proxies. */
  identify(peerAddress: string, headers: RequestHeaders): AccessSource;
  readonly cache: BodyCache;
}

const DEFAULT_CACHE_BYTES = 96 * 1024 * 1024;

interface Context {
  readonly options: FileHandlerOptions;
  readonly view: ReplicaView;
  readonly cache: BodyCache;
  readonly budget: UnknownBudget;
  readonly pairs: KnownPairs;
  readonly reports: ReportLimit;
}

/** What is known when a door is reached. */
interface Visit {
  readonly request: FileRequest;
  readonly source: AccessSource;
  readonly door: Door;
  readonly codeSite: ServedSite | null;
}

export function createFileHandler(options: FileHandlerOptions): FileHandler {
  const cache = createBodyCache(options.cacheBytes ?? DEFAULT_CACHE_BYTES);
  const budget = createUnknownBudget(options.budget ?? DEFAULT_BUDGET, options.now);
  const reports = createReportLimit(options.now);
  const context = { options, view: options.view, cache, budget, pairs: createKnownPairs(), reports };
  return {
    cache,
    answer: (request) => answerFile(context, request),
    identify: (peerAddress, headers) => identifySource(peerAddress, headers, options.trustedProxies),
  };
}

function answerFile(context: Context, request: FileRequest): FileAnswer {
  const { view, options } = context;
  const source = identifySource(request.peerAddress, request.headers, options.trustedProxies);
  const visit = { request, source, door: 'plain', codeSite: null } as const;
  if (!isReading(request)) return refuse(context, visit, 'method', { status: 405, door: null });
  const path = request.transport === 'tftp' ? readTftpName(request.target) : readTarget(request.target);
  if (path.door === null) return refuse(context, visit, 'bad-path', { door: null });
  if (path.door === 'plain') return answerByName(context, visit, path.name);
  if (path.door === 'token') return answerByToken(context, { ...visit, door: 'token' }, path);
  const codeSite = view.findSiteByCode(path.code);
  if (!codeSite)
    return refuseUnknown(context, { ...visit, door: 'site' }, 'unknown-code', { name: path.code });
  const atSite = { ...visit, door: 'site', codeSite } as const;
  if (!path.name) return refuse(context, atSite, 'no-such-file', { site: codeSite });
  return answerByName(context, atSite, path.name);
}

function isReading(request: FileRequest): boolean {
  return request.method === 'GET' || request.method === 'HEAD' || request.method === 'RRQ';
}

/** `/d/<token>/...`: networks do not apply, and nobody else's guessing slows it. */
function answerByToken(
  context: Context,
  visit: Visit,
  path: { readonly token: string; readonly name: string | null },
): FileAnswer {
  const found = context.view.findDeviceByToken(path.token);
  if (!found) return refuseUnknown(context, visit, 'unknown-token', { name: path.token });
  const { device, current: tokenIsCurrent } = found;
  const subject = { device, site: context.view.findSite(device.siteId), tokenIsCurrent, isIdentified: true };
  const decision = decide(context, visit, device, []);
  if (!decision.allowed) return refuseKnown(visit, decision.reason, subject);
  const file = path.name === null ? mainFile(device) : findOwnFile(device, path.name);
  if (!file) return refuseKnown(visit, missReason(device, path.name), subject);
  return serve(context, visit, file, subject);
}

/** Plain paths and a site's code: the MAC in the name says whose file it is, and the network whether it is handed out. */
function answerByName(context: Context, visit: Visit, name: FileName): FileAnswer {
  if (name.mac === null) return answerCommonFile(context, visit, name);
  const { mac } = name;
  const { view } = context;
  const device = view.findDeviceByMac(mac);
  if (!device) return refuseUnknown(context, visit, 'unknown-device', { name: mac, mac });
  const subject = { device, mac, site: view.findSite(device.siteId), isIdentified: true };
  if (!isAtSite(view, device.siteId, visit.codeSite))
    return refuseUnknown(context, visit, 'other-site', { ...subject, name: mac });
  const decision = decide(context, visit, device, chainOf(view, device.siteId));
  if (!decision.allowed) return refuseUnknown(context, visit, decision.reason, { ...subject, name: mac });
  if (isThrottled(context, visit, device))
    return refuseUnknown(context, visit, 'throttled', { ...subject, name: mac });
  if (!isLoopback(visit.source)) context.pairs.add(visit.source.address, device.id);
  const file = findOwnFile(device, name.text) ?? fileByQuery(device, name);
  if (!file) return refuseKnown(visit, missReason(device, name.text), subject);
  return serve(context, visit, file, subject);
}

function answerCommonFile(context: Context, visit: Visit, name: FileName): FileAnswer {
  const { view, options } = context;
  const localNetworks = options.listLocalNetworks();
  const userAgent = userAgentOf(visit.request);
  const question = { ...visit, name: name.text, userAgent, localNetworks };
  const { file, device, site, reason } = findCommonFile(question, {
    view,
    findNeighbour: options.findNeighbour,
  });
  const subject = { device, site, mac: device?.mac ?? null };
  if (!file) return refuse(context, visit, reason, subject);
  const decision = decide(context, visit, device, site ? chainOf(view, site.id) : []);
  if (!decision.allowed) return refuse(context, visit, decision.reason, subject);
  return serve(context, visit, file, subject);
}

function decide(context: Context, visit: Visit, device: ServedDevice | null, sites: readonly ServedSite[]) {
  return decideAccess({
    door: visit.door,
    source: visit.source,
    device: device && { state: device.state, hasFiles: device.files.length > 0 },
    sites,
    codeSite: visit.codeSite,
    localNetworks: visit.door === 'token' ? [] : context.options.listLocalNetworks(),
    nowMs: context.options.now(),
  });
}

function mainFile(device: ServedDevice): ServedFile | null {
  return device.files.find((file) => file.role === 'main') ?? null;
}

/** By its name in any spelling of the MAC; `<mac>.cfg` is the main file of every vendor. */
function findOwnFile(device: ServedDevice, name: string): ServedFile | null {
  const exact = device.files.find((file) => file.name === name);
  if (exact) return exact;
  const wanted = canonicalName(name);
  const spelled = device.files.find((file) => file.name.toLowerCase() === wanted);
  return spelled ?? (wanted === `${device.mac}.cfg` ? mainFile(device) : null);
}

/** `settings.xml?mac=...`: the name is the administrator's choice, the query says whose it is. */
function fileByQuery(device: ServedDevice, name: FileName): ServedFile | null {
  return canonicalName(name.text).includes(device.mac) ? null : mainFile(device);
}

function missReason(device: ServedDevice, name: string | null): Refusal {
  return name !== null && canonicalName(name) === device.mac ? 'bare-mac' : 'no-such-file';
}

/**
 * Whether a source that guesses too much is refused a phone that exists. Phones that it has fetched for before, or that
 * the network itself places there, are not slowed by others behind the same address, and loopback is always served.
 */
function isThrottled(context: Context, visit: Visit, device: ServedDevice): boolean {
  const { source } = visit;
  if (!context.budget.isOver(budgetSource(source), visit.codeSite?.id ?? null)) return false;
  const isKnownHere =
    context.pairs.has(source.address, device.id) ||
    context.view.findDeviceByAddress(source.address)?.id === device.id ||
    context.options.findNeighbour(source.address) === device.mac;
  return !isKnownHere && !isLoopback(source);
}

function isLoopback(source: AccessSource): boolean {
  return source.via === 'direct' && (source.address === '::1' || source.address.startsWith('127.'));
}

/** What passes through a forwarder does not use up the budget of the forwarder's own machine. */
function budgetSource(source: AccessSource): string {
  return source.via === 'untrusted-forwarder' ? `forwarded by ${source.address}` : source.address;
}

/** What is known of the request's object; absent is null or false. */
type Subject = Partial<Pick<FileAnswer, 'device' | 'site' | 'mac' | 'tokenIsCurrent' | 'isIdentified'>>;

function serve(context: Context, visit: Visit, file: ServedFile, subject: Subject): FileAnswer {
  if (matchesEtag(visit.request.headers['if-none-match'], file.etag))
    return compose(visit, subject, { status: 304, file });
  const body = readBody(context, file);
  if (!body) return refuseKnown(visit, 'unreadable-file', subject);
  return compose(visit, subject, { status: 200, file, body });
}

function readBody(context: Context, file: ServedFile): Buffer | null {
  const cached = context.cache.get(file.address);
  if (cached) return cached;
  const body = context.view.readFile(file);
  if (body) context.cache.put(file.address, body);
  return body;
}

/** RFC 9110, 13.1.2: a list, weak comparison; `*` matches what exists. */
export function matchesEtag(header: string | readonly string[] | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header === etag || header === '*') return true;
  const list = typeof header === 'string' ? header : header.join(',');
  return list.split(',').some((entry) => entry.trim().replace(/^W\//, '') === etag || entry.trim() === '*');
}

/** The source has shown that it may fetch for this phone; the timeline takes it all. */
function refuseKnown(visit: Visit, reason: Refusal, subject: Subject): FileAnswer {
  return compose(visit, subject, { reason });
}

function refuse(
  context: Context,
  visit: Visit,
  reason: Refusal,
  more: Subject & { readonly status?: 405; readonly door?: null; readonly quiet?: boolean } = {},
): FileAnswer {
  const quiet = more.quiet === true || !context.reports.mayReport(sourceKey(visit.source.address));
  return compose(visit, more, { status: more.status, door: more.door, reason, quiet });
}

/** A name that nobody has, or that is not handed out there: it costs from the budget of its source. */
function refuseUnknown(
  context: Context,
  visit: Visit,
  reason: Refusal,
  subject: Subject & { readonly name: string },
): FileAnswer {
  if (context.view.status().mode === 'empty') return refuse(context, visit, 'no-snapshot', subject);
  const verdict = context.budget.miss(budgetSource(visit.source), subject.name, visit.codeSite?.id ?? null);
  if (verdict === 'first-over') return compose(visit, subject, { reason: 'throttled' });
  return refuse(context, visit, reason, { ...subject, quiet: verdict === 'over' });
}

interface Outcome {
  readonly status?: FileAnswer['status'];
  readonly door?: null;
  readonly file?: ServedFile;
  readonly body?: Buffer;
  readonly reason?: Refusal;
  readonly quiet?: boolean;
}

function compose(visit: Visit, subject: Subject, outcome: Outcome): FileAnswer {
  return {
    status: outcome.status ?? 404,
    file: outcome.file ?? null,
    body: outcome.body ?? null,
    source: visit.source,
    door: outcome.door === null ? null : visit.door,
    device: subject.device ?? null,
    site: subject.site ?? null,
    mac: subject.device?.mac ?? subject.mac ?? null,
    tokenIsCurrent: subject.tokenIsCurrent ?? null,
    isIdentified: subject.isIdentified ?? false,
    reason: outcome.reason ?? null,
    quiet: outcome.quiet ?? false,
  };
}

function userAgentOf(request: FileRequest): string | null {
  const header = request.headers['user-agent'];
  return typeof header === 'string' ? header.slice(0, 256) : null;
}
