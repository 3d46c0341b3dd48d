import { Radar } from 'lucide-react';
import type { Metadata } from 'next';
import { may } from '#lib/domain/actor.ts';
import type { DeviceSummary } from '#lib/domain/device-document.ts';
import { listDevices } from '#lib/store/devices.ts';
import { listModels } from '#lib/store/models.ts';
import { listSightings } from '#lib/store/sightings.ts';
import { listSites } from '#lib/store/sites.ts';
import { Absent } from '../../../components/device/device-table.tsx';
import { MacText, macText } from '../../../components/device/mac-text.tsx';
import { type Column, DataTable } from '../../../components/ui/data-table.tsx';
import { EmptyState } from '../../../components/ui/empty-state.tsx';
import { LiveRefresh } from '../../../components/ui/live-refresh.tsx';
import { PageHeader } from '../../../components/ui/page-header.tsx';
import { Pager } from '../../../components/ui/pager.tsx';
import type { Choice } from '../../../components/ui/select.tsx';
import { TimeAgo } from '../../../components/ui/time.tsx';
import { page } from '../../_server/page.ts';
import { approvePhone } from './actions.ts';
import { ApproveButton } from './approve-button.tsx';
import { NamelessPhones } from './nameless-phones.tsx';

export const metadata: Metadata = { title: 'New phones' };

export default page(async ({ store, actor }, { query }) => {
  const [phones, nameless, models, sites] = await Promise.all([
    listDevices(store, {
      state: 'discovered',
      cursor: query.cursor,
      limit: 50,
    }),
    listSightings(store, { limit: 50 }),
    listModels(store, { limit: 200 }),
    listSites(store, { limit: 200 }),
  ]);
  const choices: Choices = {
    models: models.data.map(({ slug, name }) => ({ id: slug, name })),
    sites: sites.data.map(({ slug, name }) => ({ id: slug, name })),
  };
  const columns = columnsOf({
    choices,
    mayApprove: may(actor, 'write'),
    now: Date.now(),
  });
  return (
    <div className="flex flex-col gap-4">
      <LiveRefresh source="/changes" />
      <PageHeader
        title="New phones"
        state="Phones that asked for a configuration and that nobody has entered. They get no answer until they are approved."
      />
      {phones.data.length === 0 && nameless.data.length === 0 && (
        <EmptyState icon={<Radar aria-hidden className="size-5" />} title="Nothing new is asking">
          Connect a phone to a network of this server. It appears here within a second of its first question,
          unless a profile rule ignores it.
        </EmptyState>
      )}
      {phones.data.length > 0 && (
        <DataTable label="New phones" columns={columns} rows={phones.data} keyOf={(phone) => phone.id} />
      )}
      <Pager
        firstHref={query.cursor === undefined ? null : '/new-phones'}
        nextHref={
          phones.nextCursor === null ? null : `/new-phones?cursor=${encodeURIComponent(phones.nextCursor)}`
        }
      />
      {nameless.data.length > 0 && <NamelessPhones sightings={nameless.data} now={Date.now()} />}
    </div>
  );
});

interface Choices {
  readonly models: readonly Choice[];
  readonly sites: readonly Choice[];
}

interface RowFacts {
  readonly choices: Choices;
  readonly mayApprove: boolean;
  readonly now: number;
}

function columnsOf({ choices, mayApprove, now }: RowFacts): Column<DeviceSummary>[] {
  return [
    {
      name: 'MAC',
      narrow: 'title',
      className: 'sm:w-42',
      cell: (phone) => (
        <span className="font-medium">
          <MacText mac={phone.mac} />
        </span>
      ),
    },
    { name: 'Recognised as', narrow: 'detail', cell: recognisedAs },
    {
      name: 'By',
      narrow: 'hidden',
      className: 'max-lg:hidden',
      cell: (phone) => phone.recognised?.recognisedBy ?? <Absent />,
    },
    {
      name: 'Address',
      narrow: 'detail',
      cell: (phone) => phone.lastSeenAddress ?? <Absent />,
    },
    {
      name: 'Site',
      narrow: 'hidden',
      className: 'max-lg:hidden',
      cell: (phone) => phone.siteName,
    },
    {
      name: 'Rule',
      narrow: 'hidden',
      className: 'max-lg:hidden lg:w-56',
      cell: (phone) => phone.recognised?.rule ?? <Absent />,
    },
    {
      name: 'Asked',
      narrow: 'detail',
      className: 'sm:w-20',
      cell: (phone) => (phone.lastSeenAt ? <TimeAgo at={phone.lastSeenAt} now={now} /> : <Absent />),
    },
    {
      name: 'Approve',
      narrow: 'trailing',
      className: 'sm:w-28 sm:text-right',
      cell: (phone) =>
        mayApprove ? (
          <ApproveButton
            phone={{
              id: phone.id,
              mac: macText(phone.mac),
              model: phone.model,
              site: phone.site,
            }}
            models={choices.models}
            sites={choices.sites}
            onApprove={approvePhone}
          />
        ) : (
          <span className="text-muted">Needs more rights</span>
        ),
    },
  ];
}

function recognisedAs(phone: DeviceSummary) {
  return phone.modelName ?? phone.recognised?.modelText ?? phone.vendor ?? <Absent />;
}
