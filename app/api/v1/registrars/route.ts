import { parseRegistrarInput } from '#lib/domain/registrar-input.ts';
import { createRegistrar, listRegistrars } from '#lib/store/registrars.ts';
import { getSite } from '#lib/store/sites.ts';
import { operations } from '../../../_server/operations.ts';
import { jsonReply } from '../../../_server/reply.ts';
import { listQuery, route } from '../../../_server/route.ts';
import { catalogReply } from '../catalog-reply.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  GET: route({ scope: 'read', query: listQuery('site') }, async ({ store, query, page, problem }) => {
    const site = query.has('site') ? await getSite(store, query.get('site') ?? '') : undefined;
    if (site === null) return problem('bad-query', { detail: 'There is no such site.' });
    return jsonReply(await listRegistrars(store, { ...page, siteId: site?.id }));
  }),

  POST: route({ scope: 'write', body: parseRegistrarInput }, async ({ store, body, refuse }) => {
    const outcome = await createRegistrar(store, body);
    if (!outcome.ok) return refuse(outcome);
    const { registrar, effect } = outcome;
    const location = `/api/v1/registrars/${registrar.id}`;
    return catalogReply(registrar, {
      effect,
      version: registrar.version,
      status: 201,
      location,
    });
  }),
});
