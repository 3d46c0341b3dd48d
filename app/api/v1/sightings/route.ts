import { listSightings } from '#lib/store/sightings.ts';
import { jsonReply } from '../../../_server/reply.ts';
import { listQuery, route } from '../../../_server/route.ts';

/** Phones that asked without saying their MAC. */
export const GET = route({ scope: 'read', query: listQuery() }, async ({ store, page }) =>
  jsonReply(await listSightings(store, page)),
);
