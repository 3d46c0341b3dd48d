import { deviceEvents } from '#lib/store/events.ts';
import { jsonReply } from '../../../../../_server/reply.ts';
import { listQuery, route } from '../../../../../_server/route.ts';

/** Newest first. */
export const GET = route({ scope: 'read', query: listQuery() }, async ({ store, params, page, problem }) => {
  const events = await deviceEvents(store, params.id ?? '', page);
  return events ? jsonReply(events) : problem('not-found', { detail: 'There is no such device.' });
});
