import { expect, it } from 'vitest';
import { Coalescer } from './coalescer.ts';

it('lets one of equal things pass in each window, and says how many it stands for', () => {
  let now = 0;
  const coalescer = new Coalescer({ windowMs: 100, now: () => now });
  expect(coalescer.pass('a')).toBe(0);
  expect(coalescer.pass('b')).toBe(0);
  expect(coalescer.pass('a')).toBeNull();
  now = 99;
  expect(coalescer.pass('a')).toBeNull();
  now = 100;
  expect(coalescer.pass('a')).toBe(2);
  now = 200;
  expect(coalescer.pass('a')).toBe(0);
});

it('forgets the oldest when there are too many', () => {
  const coalescer = new Coalescer({ windowMs: 100, now: () => 0, mostKeys: 2 });
  for (const key of ['a', 'b', 'c']) coalescer.pass(key);
  expect(coalescer.pass('c')).toBeNull();
  expect(coalescer.pass('a')).toBe(0);
});
