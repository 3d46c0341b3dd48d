import { parseSiteInput } from '#lib/domain/site-input.ts';
import { createSite, listSites } from '#lib/store/sites.ts';
import { operations } from '../../../_server/operations.ts';
import { jsonReply } from '../../../_server/reply.ts';
import { listQuery, route } from '../../../_server/route.ts';
import { catalogReply } from '../catalog-reply.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  GET: route({ scope: 'read', query: listQuery('q') }, async ({ store, query, page }) =>
    jsonReply(await listSites(store, { ...page, query: query.get('q') ?? undefined })),
  ),

  POST: route({ scope: 'write', body: parseSiteInput }, async ({ store, body, refuse }) => {
    const outcome = await createSite(store, body);
    if (!outcome.ok) return refuse(outcome);
    const { site, effect } = outcome;
    const location = `/api/v1/sites/${site.id}`;
    return catalogReply(site, {
      effect,
      version: site.version,
      status: 201,
      location,
    });
  }),
});
