import type { Db } from '#lib/store/client.ts';
import { ensureEventPartitions } from '#lib/store/event-partitions.ts';
import { pruneFeed } from '#lib/store/feed.ts';
import { Repeater, type RepeaterLog } from './repeater.ts';

const HOUR_MS = 60 * 60_000;
const DAYS_AHEAD = 7;
const KEEP_EVENTS_DAYS = 90;
/** A worker that was away for longer takes a snapshot instead. */
const KEEP_FEED_HOURS = 7 * 24;

/** Keeps days ready for events, and drops what is too old: days of events, rows of the change feed. */
export function startUpkeep(db: Db, log: RepeaterLog): Repeater {
  return new Repeater({
    name: 'upkeep',
    everyMs: HOUR_MS,
    log,
    work: async () => {
      await ensureEventPartitions(db, { daysAhead: DAYS_AHEAD, keepDays: KEEP_EVENTS_DAYS });
      await pruneFeed(db, { olderThanHours: KEEP_FEED_HOURS });
    },
  });
}
