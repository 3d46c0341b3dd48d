import { Phone as PhoneIcon, SearchX } from 'lucide-react';
import type { Metadata } from 'next';
import { headers } from 'next/headers';
import type { DeviceSummary } from '#lib/domain/device-document.ts';
import type { StoreContext } from '#lib/store/context.ts';
import { countDevices, listDevices } from '#lib/store/devices.ts';
import type { Page } from '#lib/store/page.ts';
import { getSite, listSites } from '#lib/store/sites.ts';
import { DeviceTable } from '../../../../components/device/device-table.tsx';
import { ButtonLink } from '../../../../components/ui/button.tsx';
import { EmptyState } from '../../../../components/ui/empty-state.tsx';
import { LiveRefresh } from '../../../../components/ui/live-refresh.tsx';
import { PageHeader } from '../../../../components/ui/page-header.tsx';
import { Pager } from '../../../../components/ui/pager.tsx';
import { page } from '../../../_server/page.ts';
import { FirstPhone } from './first-phone.tsx';
import { PhoneFilterBar } from './phone-filter-bar.tsx';
import { filtersOf, hasFilters, type PhoneFilters, pagePath } from './phone-filters.ts';

export const metadata: Metadata = { title: 'Phones' };

export default page(async ({ store }, { query }) => {
  const filters = filtersOf(query);
  const [devices, counts, sites] = await Promise.all([
    listPhones(store, filters),
    countDevices(store, {}),
    listSites(store, { limit: 200 }),
  ]);
  const total = counts.active + counts.suspended;
  const isEmptyFleet = total === 0 && !hasFilters(filters);
  return (
    <div className="flex flex-col gap-4">
      <LiveRefresh source="/changes" />
      <PageHeader title="Phones" state={fleetState(counts)} />
      {isEmptyFleet ? (
        <EmptyState icon={<PhoneIcon aria-hidden className="size-5" />} title="No phones yet">
          <FirstPhone host={(await headers()).get('host') ?? 'localhost:3000'} />
        </EmptyState>
      ) : (
        <>
          <PhoneFilterBar
            filters={filters}
            sites={sites.data.map(({ slug, name }) => ({ id: slug, name }))}
          />
          {devices.data.length === 0 ? (
            <EmptyState icon={<SearchX aria-hidden className="size-5" />} title="No phone matches">
              <p>Search by MAC address in any spelling, its last digits, label, line or tag.</p>
              <ButtonLink href="/phones" className="mt-4">
                Show all phones
              </ButtonLink>
            </EmptyState>
          ) : (
            <DeviceTable devices={devices.data} now={Date.now()} />
          )}
          <Pager
            firstHref={filters.cursor === undefined ? null : pagePath(filters, null)}
            nextHref={devices.nextCursor === null ? null : pagePath(filters, devices.nextCursor)}
          />
        </>
      )}
    </div>
  );
});

/** A site that is not there, or not theirs, has no phones. */
async function listPhones(store: StoreContext, { list, cursor }: PhoneFilters): Promise<Page<DeviceSummary>> {
  const { site, ...others } = list;
  const place = site === undefined ? undefined : await getSite(store, site);
  if (place === null) return { data: [], nextCursor: null };
  return listDevices(store, { ...others, siteId: place?.id, cursor, limit: 50 });
}

/** `4,213 phones, 3 being made again, 1 failing`. */
function fleetState(counts: Awaited<ReturnType<typeof countDevices>>): string {
  const parts = [
    [counts.active + counts.suspended, 'phones'],
    [counts.behind, 'being made again'],
    [counts.failing, 'failing'],
    [counts.suspended, 'suspended'],
  ] as const;
  const told = parts.filter(([count], at) => at === 0 || count > 0);
  return told.map(([count, word]) => `${count.toLocaleString('en-GB')} ${word}`).join(', ');
}
