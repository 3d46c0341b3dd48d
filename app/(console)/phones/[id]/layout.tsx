import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import type { ReactNode } from 'react';
import { stepsOf } from '#lib/domain/stage.ts';
import { deviceEvents } from '#lib/store/events.ts';
import { getModel } from '#lib/store/models.ts';
import { getSite } from '#lib/store/sites.ts';
import { PhoneHeader } from '../../../../components/device/phone-header.tsx';
import { StageBar } from '../../../../components/device/stage-bar.tsx';
import { stageFactsOf } from '../../../../components/device/stage-facts.ts';
import { LiveRefresh } from '../../../../components/ui/live-refresh.tsx';
import { TabLinks } from '../../../../components/ui/tab-links.tsx';
import { guarded } from '../../../_server/page.ts';
import { lastRefusal } from './last-refusal.ts';
import { openPhone } from './phone.ts';

interface PhoneProps {
  readonly params: Promise<{ id: string }>;
}

export async function generateMetadata({ params }: PhoneProps): Promise<Metadata> {
  const { id } = await params;
  const { phone } = await guarded(() => openPhone(id));
  return { title: phone.label ?? phone.mac };
}

export default async function PhoneLayout({
  params,
  children,
}: PhoneProps & { readonly children: ReactNode }) {
  const { id } = await params;
  const { phone, model, site, steps } = await guarded(() => readHead(id));
  const path = `/phones/${phone.id}`;
  return (
    <div className="flex flex-col gap-4">
      <LiveRefresh source={`/changes?device=${phone.id}`} />
      <PhoneHeader phone={phone} modelName={model} siteName={site} now={Date.now()} />
      <StageBar steps={steps} />
      <TabLinks
        label="Phone"
        tabs={[
          { href: path, name: 'Overview' },
          { href: `${path}/lines`, name: 'Lines and keys' },
          { href: `${path}/files`, name: 'Files' },
          { href: `${path}/timeline`, name: 'Timeline' },
        ]}
      />
      {children}
    </div>
  );
}

async function readHead(id: string) {
  const { gate, phone } = await openPhone(id);
  const [events, model, site] = await Promise.all([
    deviceEvents(gate.store, phone.id, { limit: 20 }),
    phone.model === null ? null : getModel(gate.store, phone.model),
    getSite(gate.store, phone.siteId),
  ]);
  if (!events) notFound();
  const refusal = lastRefusal(events.data, phone.fetchedAt);
  const steps = stepsOf({
    ...stageFactsOf(phone),
    lastSeenAddress: phone.lastSeenAddress,
    refusal,
  });
  return {
    phone,
    model: model?.name ?? phone.model,
    site: site?.name ?? phone.site,
    steps,
  };
}
