import { deviceEvents } from '#lib/store/events.ts';
import { getSite } from '#lib/store/sites.ts';
import { Absent } from '../../../../components/device/device-table.tsx';
import { FindingList } from '../../../../components/device/finding-list.tsx';
import { Timeline } from '../../../../components/device/timeline.tsx';
import { CommandBlock } from '../../../../components/ui/command-block.tsx';
import { Facts } from '../../../../components/ui/facts.tsx';
import { Panel } from '../../../../components/ui/panel.tsx';
import { DateTime } from '../../../../components/ui/time.tsx';
import { page } from '../../../_server/page.ts';
import { openPhone } from './phone.ts';
import { eventEntry } from './timeline/timeline-entries.ts';

export default page<{ id: string }>(async ({ store }, { params }) => {
  const { phone } = await openPhone(params.id);
  const [site, events] = await Promise.all([
    getSite(store, phone.siteId),
    deviceEvents(store, phone.id, { limit: 6 }),
  ]);
  const latest = (events?.data ?? []).map(eventEntry);
  const findings = [...phone.publication.errors, ...phone.publication.warnings];
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      {findings.length > 0 ? (
        <Panel title="What its files have to say" className="lg:col-span-2">
          <FindingList findings={findings} />
        </Panel>
      ) : null}
      {phone.lastSeenAt === null && phone.state === 'active' && site?.effectiveBase ? (
        <Panel title="Getting it here" className="lg:col-span-2">
          <p className="text-13 text-muted">
            A phone that asks by multicast finds this server by itself. Else enter this address as its
            provisioning server, or hand it out by DHCP option 66:
          </p>
          <CommandBlock text={`${site.effectiveBase}/s/${site.bootstrapCode}/`} what="bootstrap address" />
        </Panel>
      ) : null}
      <Panel title="Identity">
        <Facts
          facts={[
            ['Label', phone.label],
            ['Person', phone.person],
            ['Location', phone.location],
            ['Serial number', phone.serial],
            ['External id', phone.externalId],
            ['Tags', phone.tags.length > 0 ? phone.tags.join(', ') : null],
          ]}
          absent={<Absent />}
        />
      </Panel>
      <Panel title="Configuration">
        <Facts
          facts={[
            ['Revision', phone.revision === 0 ? null : phone.revision],
            ['Published', phone.publishedAt ? <DateTime key="p" at={phone.publishedAt} /> : null],
            ['Fetched', phone.fetchedRevision === null ? null : `revision ${phone.fetchedRevision}`],
            ['Fetched at', phone.fetchedAt ? <DateTime key="f" at={phone.fetchedAt} /> : null],
            ['Lines in use', phone.lines.filter((line) => line.account !== null).length],
            ['Own settings', ownSettings(phone.variables, phone.parameters)],
          ]}
          absent={<Absent />}
        />
      </Panel>
      {latest.length > 0 ? (
        <section className="min-w-0 lg:col-span-2">
          <h2 className="mb-2 text-13 font-semibold">What happened last</h2>
          <Timeline entries={latest} />
        </section>
      ) : null}
    </div>
  );
});

function ownSettings(...values: readonly Readonly<Record<string, unknown>>[]): string | null {
  const names = values.flatMap((layer) => Object.entries(layer).map(([name, value]) => `${name} = ${value}`));
  return names.length > 0 ? names.join(', ') : null;
}
