import { deviceEvents } from '#lib/store/events.ts';
import { operations } from '../../../../../_server/operations.ts';
import { jsonReply } from '../../../../../_server/reply.ts';
import { listQuery, route } from '../../../../../_server/route.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  /** Newest first. */
  GET: route({ scope: 'read', query: listQuery() }, async ({ store, params, page, problem }) => {
    const events = await deviceEvents(store, params.id ?? '', page);
    return events ? jsonReply(events) : problem('not-found', { detail: 'There is no such device.' });
  }),
});
