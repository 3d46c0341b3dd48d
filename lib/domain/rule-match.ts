import ipaddr from 'ipaddr.js';
import type { ProfileRule, RuleMatch } from './rule.ts';

/** What is known of a phone when it asks. For a phone of the inventory, vendor and model are the inventory's. */
export interface RuleFacts {
  readonly known: boolean;
  readonly vendor: string | null;
  /** Model slug. */
  readonly model: string | null;
  /** As the phone spells it: `0.7.11`, `V0.6.24`, `1.2.1_build_6`. */
  readonly firmware: string | null;
  /** 12 lower-case hex digits. */
  readonly mac: string | null;
  /** Source address, IPv4 or IPv6. */
  readonly address: string;
  /** Ids of the phone's site and of every site above it; for an unknown phone, of the site of its network. */
  readonly sites: readonly string[];
  readonly tags: readonly string[];
}

/** Why a rule decided, or why it was passed over. `why` is for people: `vendor is snom, not flyingvoice`. */
export interface RuleTrace {
  readonly rule: ProfileRule;
  readonly matched: boolean;
  readonly why: string;
}

export interface RuleDecision {
  readonly decided: ProfileRule | null;
  /** Every rule that was looked at, in order; the last one decided unless `decided` is null. */
  readonly trace: readonly RuleTrace[];
}

/** Tries the rules by their `order`, then as given; the first whose members all hold decides. Never throws. */
export function matchRules(rules: readonly ProfileRule[], facts: RuleFacts): RuleDecision {
  const trace: RuleTrace[] = [];
  for (const rule of rules.toSorted((a, b) => a.order - b.order)) {
    const failure = rule.enabled ? findFailure(rule.match, facts) : 'it is switched off';
    trace.push({ rule, matched: failure === null, why: failure ?? describeMatch(rule.match) });
    if (failure === null) return { decided: rule, trace };
  }
  return { decided: null, trace };
}

/** `known phone, vendor flyingvoice, network 10.0.0.0/8`: what a rule asks for, in one line. */
export function describeMatch(match: RuleMatch): string {
  const parts: string[] = [];
  if (match.known !== undefined) parts.push(match.known ? 'known phone' : 'unknown phone');
  if (match.vendor !== undefined) parts.push(`vendor ${match.vendor}`);
  if (match.model !== undefined) parts.push(`model ${match.model}`);
  if (match.firmware !== undefined) parts.push(`firmware ${match.firmware}`);
  if (match.macPrefix !== undefined) parts.push(`MAC ${match.macPrefix}`);
  if (match.network !== undefined) parts.push(`network ${match.network}`);
  if (match.site !== undefined) parts.push('site');
  if (match.tag !== undefined) parts.push(`tag ${match.tag}`);
  return parts.length === 0 ? 'every phone' : parts.join(', ');
}

function findFailure(match: RuleMatch, facts: RuleFacts): string | null {
  return (
    checkKnown(match.known, facts) ??
    checkName('vendor', match.vendor, facts.vendor) ??
    checkName('model', match.model, facts.model) ??
    checkFirmware(match.firmware, facts.firmware) ??
    checkMacPrefix(match.macPrefix, facts.mac) ??
    checkNetwork(match.network, facts.address) ??
    checkSite(match.site, facts.sites) ??
    checkTag(match.tag, facts.tags)
  );
}

function checkKnown(wanted: boolean | undefined, facts: RuleFacts): string | null {
  if (wanted === undefined || wanted === facts.known) return null;
  return facts.known ? 'the phone is in the inventory' : 'the phone is not in the inventory';
}

function checkName(what: string, wanted: string | undefined, actual: string | null): string | null {
  if (wanted === undefined || wanted === actual) return null;
  return actual === null ? `${what} is not known` : `${what} is ${actual}, not ${wanted}`;
}

function checkMacPrefix(wanted: string | undefined, mac: string | null): string | null {
  if (wanted === undefined) return null;
  const prefix = wanted.toLowerCase().replace(/[:.-]/g, '');
  if (mac?.startsWith(prefix)) return null;
  return mac === null ? 'the MAC is not known' : `the MAC does not start with ${prefix}`;
}

function checkNetwork(wanted: string | undefined, address: string): string | null {
  if (wanted === undefined) return null;
  if (!ipaddr.isValidCIDR(wanted)) return `"${wanted}" is not a network`;
  const [network, prefix] = ipaddr.parseCIDR(wanted);
  const bare = address.replace(/%.*$/, '');
  const source = ipaddr.isValid(bare) ? ipaddr.process(bare) : null;
  const holds = source !== null && source.kind() === network.kind() && source.match(network, prefix);
  return holds ? null : `${address} is not in ${wanted}`;
}

function checkSite(wanted: string | undefined, sites: readonly string[]): string | null {
  if (wanted === undefined || sites.includes(wanted)) return null;
  return sites.length === 0 ? 'its site is not known' : 'it is at another site';
}

function checkTag(wanted: string | undefined, tags: readonly string[]): string | null {
  if (wanted === undefined || tags.includes(wanted)) return null;
  return `it has no tag ${wanted}`;
}

const COMPARISON = /^(>=|<=|>|<|=)?v?(\d+(?:\.\d+)*)$/i;

function checkFirmware(wanted: string | undefined, firmware: string | null): string | null {
  if (wanted === undefined) return null;
  if (firmware === null) return 'firmware is not known';
  for (const comparison of wanted.trim().split(/\s+/)) {
    const [, operator = '=', version] = COMPARISON.exec(comparison) ?? [];
    if (version === undefined) return `"${comparison}" is not a firmware range`;
    if (!holds(operator, compareVersions(firmware, version)))
      return `firmware ${firmware} is not ${comparison}`;
  }
  return null;
}

function holds(operator: string, order: number): boolean {
  if (operator === '>=') return order >= 0;
  if (operator === '<=') return order <= 0;
  if (operator === '>') return order > 0;
  if (operator === '<') return order < 0;
  return order === 0;
}

/** By the numbers in both texts, from the left; a missing number counts as 0. Negative: `a` is older. */
export function compareVersions(a: string, b: string): number {
  const left = numbersOf(a);
  const right = numbersOf(b);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): number[] {
  return (version.match(/\d{1,15}/g) ?? []).map(Number);
}
