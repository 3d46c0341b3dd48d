'use client';

import { useRouter } from 'next/navigation';
import { useRef } from 'react';
import { SearchField } from '../../../../components/ui/search-field.tsx';
import type { Choice } from '../../../../components/ui/select.tsx';
import { Select } from '../../../../components/ui/select.tsx';
import { filtersOf, type PhoneFilters, pagePath } from './phone-filters.ts';

const STAGES: readonly Choice[] = [
  { id: 'all', name: 'Any stage' },
  { id: 'failing', name: 'Failing' },
  { id: 'active', name: 'Active' },
  { id: 'suspended', name: 'Suspended' },
  { id: 'retired', name: 'Retired' },
];
const ANY_SITE: Choice = { id: '', name: 'All sites' };
const TYPING_PAUSE_MS = 200;

interface PhoneFilterBarProps {
  readonly filters: PhoneFilters;
  readonly sites: readonly Choice[];
}

/** Every choice is a new address. */
export function PhoneFilterBar({ filters, sites }: PhoneFilterBarProps) {
  const router = useRouter();
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  const show = (change: Record<string, string>) => {
    const { list, stage } = filters;
    const query = {
      q: list.query,
      site: list.site,
      tag: list.tag,
      stage,
      ...change,
    };
    router.replace(pagePath(filtersOf(query), null), { scroll: false });
  };
  const search = (text: string) => {
    clearTimeout(pause.current);
    pause.current = setTimeout(() => show({ q: text }), TYPING_PAUSE_MS);
  };
  return (
    <div className="flex flex-wrap items-center gap-2">
      <SearchField
        key={filters.list.query ?? ''}
        label="Filter phones"
        placeholder="MAC, label, line or tag"
        defaultValue={filters.list.query ?? ''}
        onChange={search}
        className="w-full sm:w-72"
      />
      <Select
        isCompact
        label="Stage"
        choices={STAGES}
        value={filters.stage}
        onChange={(key) => show({ stage: String(key) })}
      />
      {sites.length > 1 ? (
        <Select
          isCompact
          label="Site"
          choices={[ANY_SITE, ...sites]}
          value={filters.list.site ?? ''}
          onChange={(key) => show({ site: String(key) })}
        />
      ) : null}
    </div>
  );
}
