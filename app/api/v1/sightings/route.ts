import { listSightings } from '#lib/store/sightings.ts';
import { operations } from '../../../_server/operations.ts';
import { jsonReply } from '../../../_server/reply.ts';
import { listQuery, route } from '../../../_server/route.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  /** Phones that asked without saying their MAC. */
  GET: route({ scope: 'read', query: listQuery() }, async ({ store, page }) =>
    jsonReply(await listSightings(store, page)),
  ),
});
