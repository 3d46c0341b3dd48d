import type { PhoneEvent } from '#lib/domain/event.ts';
import type { AuditDocument } from '#lib/store/audit.ts';
import type { TimelineEntry } from '../../../../../components/device/timeline.tsx';

interface PageEdges {
  /** Whether there is nothing newer, and nothing older, than this page of events. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** What the phone did and what people changed, newest first; changes are shown on the page whose time they fall in. */
export function mergeTimeline(
  events: readonly PhoneEvent[],
  changes: readonly AuditDocument[],
  { isFirst, isLast }: PageEdges,
): TimelineEntry[] {
  const newest = isFirst ? '9999' : (events[0]?.at ?? '');
  const oldest = isLast ? '' : (events.at(-1)?.at ?? '');
  const shown = changes.filter(({ at }) => at <= newest && at >= oldest);
  return [...events.map(eventEntry), ...shown.map(changeEntry)].sort((a, b) => (a.at < b.at ? 1 : -1));
}

export function eventEntry(event: PhoneEvent): TimelineEntry {
  const details = Object.entries({
    address: event.address,
    worker: event.worker,
    ...event.data,
  });
  return {
    id: event.id,
    at: event.at,
    kind: event.kind,
    summary: event.summary,
    details: details.flatMap(([name, value]) => (value === null ? [] : [[name, String(value)] as const])),
  };
}

function changeEntry(change: AuditDocument): TimelineEntry {
  const details = change.requestId === null ? [] : [['request id', change.requestId] as const];
  return {
    id: `change ${change.id}`,
    at: change.at,
    kind: 'change',
    summary: `${change.actor}: ${change.summary}`,
    details,
  };
}
