import { describe, expect, test } from 'vitest';
import { createUnknownBudget } from './unknown-budget.ts';

const LIMITS = { perSource: 3, perPrefix: 6, perSite: 10, windowMs: 60_000 };

function budget() {
  const clock = { now: 0 };
  return { clock, unknown: createUnknownBudget(LIMITS, () => clock.now) };
}

describe('one source', () => {
  test('asking for one name again and again costs once', () => {
    const { unknown } = budget();
    for (let time = 0; time < 50; time += 1) expect(unknown.miss('192.0.2.1', 'a', null)).toBe('within');
    expect(unknown.isOver('192.0.2.1', null)).toBe(false);
  });

  test('more names than allowed are told once, then only refused', () => {
    const { unknown } = budget();
    const verdicts = ['a', 'b', 'c', 'd', 'e'].map((name) => unknown.miss('192.0.2.1', name, null));
    expect(verdicts).toEqual(['within', 'within', 'within', 'first-over', 'over']);
    expect(unknown.isOver('192.0.2.1', null)).toBe(true);
    expect(unknown.isOver('192.0.2.2', null)).toBe(false);
  });

  test('a new window begins after the old one', () => {
    const { clock, unknown } = budget();
    for (const name of ['a', 'b', 'c', 'd']) unknown.miss('192.0.2.1', name, null);
    clock.now = 60_000;
    expect(unknown.isOver('192.0.2.1', null)).toBe(false);
    expect(unknown.miss('192.0.2.1', 'a', null)).toBe('within');
  });

  test('a whole IPv6 /64 is one source', () => {
    const { unknown } = budget();
    for (const host of ['1', '2', '3', '4']) unknown.miss(`2001:db8:1:2::${host}`, `mac${host}`, null);
    expect(unknown.isOver('2001:db8:1:2:aaaa::9', null)).toBe(true);
    expect(unknown.isOver('2001:db8:1:3::9', null)).toBe(false);
  });
});

test('many addresses of one neighbourhood share a budget', () => {
  const { unknown } = budget();
  for (let host = 1; host <= 7; host += 1) unknown.miss(`192.0.2.${host}`, `mac${host}`, null);
  expect(unknown.isOver('192.0.2.200', null)).toBe(true);
  expect(unknown.isOver('192.0.3.1', null)).toBe(false);
});

test("a site's code has a budget of its own, wherever the requests come from", () => {
  const { unknown } = budget();
  for (let host = 1; host <= 11; host += 1) unknown.miss(`192.0.${host}.1`, `mac${host}`, 'hq');
  expect(unknown.isOver('198.51.100.1', 'hq')).toBe(true);
  expect(unknown.isOver('198.51.100.1', 'branch')).toBe(false);
});

test('memory is bounded however many sources ask', () => {
  const { unknown } = budget();
  for (let index = 0; index < 30_000; index += 1)
    unknown.miss(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, 'a', null);
  expect(unknown.entries).toBeLessThanOrEqual(8_192);
});
