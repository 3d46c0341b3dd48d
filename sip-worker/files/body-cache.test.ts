import { expect, test } from 'vitest';
import { createBodyCache } from './body-cache.ts';

test('what was used last stays, within the limit', () => {
  const cache = createBodyCache(10_000);
  for (const address of ['a', 'b', 'c', 'd']) cache.put(address, Buffer.alloc(2_000, address));
  expect(cache.get('a')?.toString('latin1', 0, 1)).toBe('a');
  cache.put('e', Buffer.alloc(2_000));
  expect(['a', 'b', 'c', 'd', 'e'].filter((address) => cache.get(address))).toEqual(['a', 'c', 'd', 'e']);
  expect(cache.bytes).toBeLessThanOrEqual(10_000);
});

test('a body that would push everything else out is not kept', () => {
  const cache = createBodyCache(10_000);
  cache.put('small', Buffer.alloc(100));
  cache.put('huge', Buffer.alloc(9_000));
  expect(cache.get('huge')).toBeNull();
  expect(cache.get('small')).not.toBeNull();
});

test('a kept body does not pin the chunk that it was cut from', () => {
  const cache = createBodyCache(1_000_000);
  cache.put('a', Buffer.from(new ArrayBuffer(65_536), 0, 100));
  expect(cache.get('a')?.buffer.byteLength).toBe(100);
});

test('putting the same address again replaces it', () => {
  const cache = createBodyCache(10_000);
  cache.put('a', Buffer.alloc(100));
  cache.put('a', Buffer.alloc(200));
  expect(cache.entries).toBe(1);
  expect(cache.bytes).toBe(400);
});
