import { listModels } from '#lib/store/models.ts';
import { operations } from '../../../_server/operations.ts';
import { jsonReply } from '../../../_server/reply.ts';
import { listQuery, route } from '../../../_server/route.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  GET: route({ scope: 'read', query: listQuery('vendor') }, async ({ store, query, page }) =>
    jsonReply(
      await listModels(store, {
        ...page,
        vendor: query.get('vendor') ?? undefined,
      }),
    ),
  ),
});
