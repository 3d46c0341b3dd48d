import type { LocalNetwork } from '#lib/domain/access.ts';
import type { Mac } from '#lib/domain/mac.ts';
import { matchRules, type RuleDecision, type RuleFacts } from '#lib/domain/rule-match.ts';
import type { ServedDevice, ServedModel, ServedRule, ServedSite } from '#lib/domain/served.ts';
import { describeStartUrlRefusal, expandRuleUrl, type StartUrlValues } from '#lib/domain/start-url.ts';
import { findVendor } from '#lib/domain/vendors/registry.ts';
import { chainOf, findSiteOfSource } from '../files/common-file.ts';
import type { ReplicaView } from '../replica/view.ts';
import type { PnpContext, PnpDecision, PnpPolicy } from './policy.ts';
import type { PnpRequest } from './subscription.ts';

/** A phone that a rule wants in the inventory, as new or at once. */
export interface UnknownPhone {
  readonly action: 'discover' | 'add';
  /** Null: neither the phone nor the neighbour table says it, so that somebody must read it off the phone. */
  readonly mac: Mac | null;
  readonly rule: ServedRule;
  /** Of the rule, else of the network that the phone stands in. */
  readonly siteId: string | null;
  /** Model slug: of the rule, else as the phone names itself. */
  readonly model: string | null;
  readonly request: PnpRequest;
}

export interface RulePolicyOptions {
  readonly view: ReplicaView;
  /** PROVOST_PUBLIC_BASE. */
  readonly publicBase: string | null;
  readonly httpPort: () => number;
  readonly listLocalNetworks: () => readonly LocalNetwork[];
  readonly findNeighbour: (address: string) => Mac | null;
  /** Must return at once. */
  readonly onUnknown: (phone: UnknownPhone) => void;
}

export interface RulePolicy extends PnpPolicy {
  /** How the last decision on this request came about. */
  explain(request: PnpRequest): RuleDecision | null;
}

/** Decides by the profile rules of the replica, for known phones with what the inventory says about them. */
export function createRulePolicy(options: RulePolicyOptions): RulePolicy {
  const explanations = new WeakMap<PnpRequest, RuleDecision>();
  return {
    explain: (request) => explanations.get(request) ?? null,
    decide(request, context) {
      const subject = findSubject(options, request);
      const decision = matchRules(options.view.listRules(), factsOf(request, subject));
      explanations.set(request, decision);
      if (decision.decided === null) return silence(describeNoRule(options.view), null);
      const rule = decision.decided;
      if (subject.device === null) announceUnknown(options, { request, subject, rule });
      return answerBy(rule, { subject, values: valuesFor(options, subject, context) });
    },
  };
}

/** Who asks, as far as it is known. */
interface Subject {
  readonly device: ServedDevice | null;
  readonly vendor: string | null;
  /** Model slug. */
  readonly model: string | null;
  /** Leaf first; of the device, else of the source network. */
  readonly sites: readonly ServedSite[];
}

function findSubject({ view, listLocalNetworks }: RulePolicyOptions, request: PnpRequest): Subject {
  const device = request.mac === null ? null : view.findDeviceByMac(request.mac);
  if (device) {
    const { vendor, model, siteId } = device;
    return { device, vendor, model, sites: chainOf(view, siteId) };
  }
  const { vendor } = request.identity;
  const source = { address: request.source.address, via: 'direct' } as const;
  const site = findSiteOfSource(view, source, listLocalNetworks());
  return {
    device: null,
    vendor,
    model: findModelSlug(view.listModels(), vendor, request.identity.model),
    sites: site ? chainOf(view, site.id) : [],
  };
}

function factsOf(request: PnpRequest, subject: Subject): RuleFacts {
  return {
    known: subject.device !== null,
    vendor: subject.vendor,
    model: subject.model,
    firmware: request.identity.firmware,
    mac: request.mac,
    address: request.source.address,
    sites: subject.sites.map((site) => site.id),
    tags: subject.device?.tags ?? [],
  };
}

/** The model of a vendor that goes by this name, in whatever letter case. */
export function findModelSlug(
  models: readonly ServedModel[],
  vendor: string | null,
  name: string | null,
): string | null {
  const wanted = name?.toLowerCase();
  const model = models.find(
    (each) =>
      each.vendor === vendor && [each.name, ...each.spellings].some((one) => one.toLowerCase() === wanted),
  );
  return model?.slug ?? null;
}

function valuesFor(
  options: RulePolicyOptions,
  { device, sites }: Subject,
  context: PnpContext,
): StartUrlValues {
  const said = sites.find((site) => site.publicBase !== null)?.publicBase ?? options.publicBase;
  const base = said ?? `http://${bracketed(context.localAddress)}:${options.httpPort()}`;
  const token = device && options.view.openToken(device);
  const host = URL.parse(base)?.hostname ?? context.localAddress;
  return { base, host, token, start: device && token ? startUrl(device, base, token) : null };
}

/** What the vendor's phones must be sent: a folder or a file below the device's own. */
function startUrl(device: ServedDevice, base: string, token: string): string {
  const vendor = findVendor(device.vendor);
  const model = vendor?.models.find((each) => each.slug === device.model) ?? null;
  return `${base}/d/${token}/${vendor?.start({ mac: device.mac, model }) ?? ''}`;
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

interface Announcement {
  readonly request: PnpRequest;
  readonly subject: Subject;
  readonly rule: ServedRule;
}

/** A phone that does not say its MAC is listed by the neighbour table's, but never answered by it: that can be a router's. */
function announceUnknown(options: RulePolicyOptions, { request, subject, rule }: Announcement): void {
  const mac = request.mac ?? options.findNeighbour(request.source.address);
  if (rule.unknown === 'ignore' || (mac !== null && options.view.findDeviceByMac(mac))) return;
  options.onUnknown({
    action: rule.unknown,
    mac,
    rule,
    siteId: rule.siteId ?? subject.sites[0]?.id ?? null,
    model: rule.model ?? subject.model,
    request,
  });
}

function answerBy(
  rule: ServedRule,
  { subject, values }: { readonly subject: Subject; readonly values: StartUrlValues },
): PnpDecision {
  if (rule.url === null) return silence(describeSilence(rule, subject), rule.name);
  const url = expandRuleUrl(rule.url, values);
  if (url.ok) return { answer: true, url: url.value, rule: rule.name, deviceId: subject.device?.id ?? null };
  if (subject.device === null && rule.unknown !== 'ignore')
    return silence(describeSilence(rule, subject), rule.name);
  return silence(describeStartUrlRefusal(url.reason, url.at), rule.name);
}

function describeSilence(rule: ServedRule, subject: Subject): string {
  if (subject.device === null && rule.unknown === 'discover') return 'listed as a new phone';
  if (subject.device === null && rule.unknown === 'add') return 'added; it is answered when it asks again';
  return 'the rule says not to answer';
}

function describeNoRule(view: ReplicaView): string {
  return view.status().mode === 'empty' ? 'this worker has no data yet' : 'no profile rule matches';
}

function silence(reason: string, rule: string | null): PnpDecision {
  return { answer: false, reason, rule };
}
