import { expect, it } from 'vitest';
import { filtersOf, hasFilters, pagePath } from './phone-filters.ts';

it('reads filters from the address and writes the same address', () => {
  const filters = filtersOf({
    q: ' 00:21:f2 ',
    site: 'hq',
    stage: 'failing',
    cursor: 'abc',
  });
  expect(filters.list).toMatchObject({
    query: '00:21:f2',
    site: 'hq',
    failing: true,
    state: undefined,
  });
  expect(pagePath(filters, null)).toBe('/phones?q=00%3A21%3Af2&site=hq&stage=failing');
  expect(pagePath(filters, 'next')).toBe('/phones?q=00%3A21%3Af2&site=hq&stage=failing&cursor=next');
});

it('takes nothing and nonsense for no filter', () => {
  expect(hasFilters(filtersOf({}))).toBe(false);
  expect(hasFilters(filtersOf({ q: '  ', stage: 'nonsense' }))).toBe(false);
  expect(pagePath(filtersOf({}), null)).toBe('/phones');
});
