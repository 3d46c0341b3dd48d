import { describe, expect, it } from 'vitest';
import type { ProfileRule, RuleMatch } from './rule.ts';
import { compareVersions, matchRules, type RuleFacts } from './rule-match.ts';

const PHONE: RuleFacts = {
  known: true,
  vendor: 'flyingvoice',
  model: 'flyingvoice/fip14g',
  firmware: '0.7.11',
  mac: '0021f222b01d',
  address: '10.20.0.31',
  sites: ['root', 'hq'],
  tags: ['lobby'],
};

function rule(match: RuleMatch, more: Partial<ProfileRule> = {}): ProfileRule {
  return {
    id: 'r',
    name: 'a rule',
    order: 1,
    enabled: true,
    match,
    url: '{{start}}',
    unknown: 'ignore',
    siteId: null,
    model: null,
    version: 1,
    ...more,
  };
}

function whyOf(match: RuleMatch, facts: Partial<RuleFacts> = {}): string {
  const trace = matchRules([rule(match)], { ...PHONE, ...facts }).trace[0];
  return `${trace?.matched ? 'yes' : 'no'}: ${trace?.why}`;
}

describe('one member of a match', () => {
  it.each<[RuleMatch, Partial<RuleFacts>, string]>([
    [{}, {}, 'yes: every phone'],
    [{ known: true }, {}, 'yes: known phone'],
    [{ known: true }, { known: false }, 'no: the phone is not in the inventory'],
    [{ known: false }, {}, 'no: the phone is in the inventory'],
    [{ vendor: 'flyingvoice' }, {}, 'yes: vendor flyingvoice'],
    [{ vendor: 'snom' }, {}, 'no: vendor is flyingvoice, not snom'],
    [{ vendor: 'snom' }, { vendor: null }, 'no: vendor is not known'],
    [{ model: 'flyingvoice/fip14g' }, {}, 'yes: model flyingvoice/fip14g'],
    [{ model: 'flyingvoice/fip10' }, { model: null }, 'no: model is not known'],
    [{ firmware: '>=0.6.0 <0.8' }, {}, 'yes: firmware >=0.6.0 <0.8'],
    [{ firmware: '>=0.6.0 <0.8' }, { firmware: 'V0.8.0' }, 'no: firmware V0.8.0 is not <0.8'],
    [{ firmware: '0.7.11' }, { firmware: '0.7.11.0' }, 'yes: firmware 0.7.11'],
    [{ firmware: '>1.2' }, { firmware: '1.2.1_build_6' }, 'yes: firmware >1.2'],
    [{ firmware: '>=1' }, { firmware: null }, 'no: firmware is not known'],
    [{ firmware: 'newest' }, {}, 'no: "newest" is not a firmware range'],
    [{ macPrefix: '00:21:F2' }, {}, 'yes: MAC 00:21:F2'],
    [{ macPrefix: '0004' }, {}, 'no: the MAC does not start with 0004'],
    [{ macPrefix: '0004' }, { mac: null }, 'no: the MAC is not known'],
    [{ network: '10.20.0.0/16' }, {}, 'yes: network 10.20.0.0/16'],
    [{ network: '10.20.0.0/16' }, { address: '::ffff:10.20.0.31' }, 'yes: network 10.20.0.0/16'],
    [{ network: 'fe80::/10' }, { address: 'fe80::1%eth0' }, 'yes: network fe80::/10'],
    [{ network: 'fe80::/10' }, {}, 'no: 10.20.0.31 is not in fe80::/10'],
    [{ network: '10.20.0.0' }, {}, 'no: "10.20.0.0" is not a network'],
    [{ site: 'root' }, {}, 'yes: site'],
    [{ site: 'branch' }, {}, 'no: it is at another site'],
    [{ site: 'branch' }, { sites: [] }, 'no: its site is not known'],
    [{ tag: 'lobby' }, {}, 'yes: tag lobby'],
    [{ tag: 'attic' }, {}, 'no: it has no tag attic'],
  ])('%j with %j: %s', (match, facts, expected) => expect(whyOf(match, facts)).toBe(expected));
});

describe('matchRules', () => {
  it('needs every member to hold', () => {
    expect(whyOf({ vendor: 'flyingvoice', tag: 'attic' })).toBe('no: it has no tag attic');
  });

  it('lets the first matching rule by order decide, and says why the earlier ones did not', () => {
    const rules = [
      rule({}, { id: 'last', order: 9 }),
      rule({ vendor: 'snom' }, { id: 'first', order: 1 }),
      rule({}, { id: 'off', order: 2, enabled: false }),
      rule({ known: true }, { id: 'second', order: 3 }),
    ];
    const decision = matchRules(rules, PHONE);
    expect(decision.decided?.id).toBe('second');
    expect(decision.trace.map(({ rule, matched, why }) => [rule.id, matched, why])).toEqual([
      ['first', false, 'vendor is flyingvoice, not snom'],
      ['off', false, 'it is switched off'],
      ['second', true, 'known phone'],
    ]);
  });

  it('decides nothing when no rule matches', () => {
    expect(matchRules([], PHONE)).toEqual({ decided: null, trace: [] });
  });
});

describe('compareVersions', () => {
  it.each([
    ['0.7.11', '0.7.9', 1],
    ['0.7', '0.7.0', 0],
    ['10.1.39.11', '9.3.80', 1],
    ['1.2.0', '1.2.1_build_6', -1],
  ])('%s against %s', (a, b, sign) => expect(Math.sign(compareVersions(a, b))).toBe(sign));
});
