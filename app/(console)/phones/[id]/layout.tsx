import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import type { ReactNode } from 'react';
import { may } from '#lib/domain/actor.ts';
import type { DeviceDocument } from '#lib/domain/device-document.ts';
import { stepsOf } from '#lib/domain/stage.ts';
import { findVendor } from '#lib/domain/vendors/registry.ts';
import { deviceEvents } from '#lib/store/events.ts';
import { getModel } from '#lib/store/models.ts';
import { getSite } from '#lib/store/sites.ts';
import { PhoneHeader } from '../../../../components/device/phone-header.tsx';
import { StageBar } from '../../../../components/device/stage-bar.tsx';
import { stageFactsOf } from '../../../../components/device/stage-facts.ts';
import { ButtonLink } from '../../../../components/ui/button.tsx';
import { LiveRefresh } from '../../../../components/ui/live-refresh.tsx';
import { TabLinks } from '../../../../components/ui/tab-links.tsx';
import { guarded } from '../../../_server/page.ts';
import { resumePhone, suspendPhone } from './actions.ts';
import { lastRefusal } from './last-refusal.ts';
import { openPhone } from './phone.ts';
import { StateButton } from './state-button.tsx';

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
  const { phone, model, site, steps, mayWrite } = await guarded(() => readHead(id));
  const path = `/phones/${phone.id}`;
  return (
    <div className="flex flex-col gap-4">
      <LiveRefresh source={`/changes?device=${phone.id}`} />
      <PhoneHeader
        phone={phone}
        modelName={model}
        siteName={site}
        now={Date.now()}
        actions={mayWrite ? <PhoneActions phone={phone} /> : null}
      />
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

function PhoneActions({ phone }: { readonly phone: DeviceDocument }) {
  const { id, version, state } = phone;
  if (state === 'discovered') return <ButtonLink href="/new-phones">Approve under New phones</ButtonLink>;
  if (state === 'active') {
    return <StateButton phone={{ id, version }} verb="Suspend" effect={SUSPENDED} onConfirm={suspendPhone} />;
  }
  if (state !== 'suspended') return null;
  return <StateButton phone={{ id, version }} verb="Resume" effect={RESUMED} onConfirm={resumePhone} />;
}

const SUSPENDED =
  'Its accounts are taken away: it gets a configuration without them the next time it fetches. Everything that was entered stays.';
const RESUMED = 'It gets its accounts back the next time it fetches its configuration.';

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
  const names = [findVendor(phone.vendor)?.name, model?.name ?? phone.model];
  return {
    phone,
    model: names.filter(Boolean).join(' ') || null,
    site: site?.name ?? phone.site,
    steps,
    mayWrite: may(gate.actor, 'write'),
  };
}
