import { History } from 'lucide-react';
import { listAudit } from '#lib/store/audit.ts';
import { deviceEvents } from '#lib/store/events.ts';
import { Timeline } from '../../../../../components/device/timeline.tsx';
import { EmptyState } from '../../../../../components/ui/empty-state.tsx';
import { Pager } from '../../../../../components/ui/pager.tsx';
import { page } from '../../../../_server/page.ts';
import { openPhone } from '../phone.ts';
import { mergeTimeline } from './timeline-entries.ts';

export default page<{ id: string }>(async ({ store }, { params, query }) => {
  const { phone } = await openPhone(params.id);
  const [events, changes] = await Promise.all([
    deviceEvents(store, phone.id, { cursor: query.cursor, limit: 100 }),
    listAudit(store, { noun: 'device', nounId: phone.id, limit: 200 }),
  ]);
  const nextCursor = events?.nextCursor ?? null;
  const entries = mergeTimeline(events?.data ?? [], changes.data, {
    isFirst: query.cursor === undefined,
    isLast: nextCursor === null,
  });
  const path = `/phones/${phone.id}/timeline`;
  return (
    <div className="flex flex-col gap-4">
      {entries.length === 0 ? (
        <EmptyState icon={<History aria-hidden className="size-5" />} title="Nothing has happened yet">
          What the phone asks and fetches, and what people change, appears here by itself.
        </EmptyState>
      ) : (
        <Timeline entries={entries} />
      )}
      <Pager
        firstHref={query.cursor === undefined ? null : path}
        nextHref={nextCursor === null ? null : `${path}?cursor=${encodeURIComponent(nextCursor)}`}
      />
    </div>
  );
});
