import { expect, it } from 'vitest';
import { TEST_SITE } from '../../tests/support/served-entities.ts';
import { isSameScope, sitesWithin } from './site-scope.ts';

const sites = [
  { ...TEST_SITE, id: '3', slug: 'floor', parentId: '2' },
  { ...TEST_SITE, id: '1', slug: 'reseller', parentId: null },
  { ...TEST_SITE, id: '2', slug: 'hq', parentId: '1' },
  { ...TEST_SITE, id: '4', slug: 'other', parentId: '1' },
];

it('takes a site by slug or id, with everything below it', () => {
  expect(sitesWithin(sites, ['hq'])).toEqual(new Set(['2', '3']));
  expect(sitesWithin(sites, ['1'])).toEqual(new Set(['1', '2', '3', '4']));
  expect(sitesWithin(sites, ['nobody'])).toEqual(new Set());
  expect(sitesWithin(sites, null)).toBeNull();
});

it('tells scopes apart', () => {
  expect(isSameScope(new Set(['1', '2']), new Set(['2', '1']))).toBe(true);
  expect(isSameScope(new Set(['1', '2']), new Set(['1', '3']))).toBe(false);
  expect(isSameScope(null, new Set())).toBe(false);
  expect(isSameScope(null, null)).toBe(true);
});
