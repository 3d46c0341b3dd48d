import { DEVICE_STATES } from '#lib/domain/device.ts';
import { listDevices } from '#lib/store/devices.ts';
import { getSite } from '#lib/store/sites.ts';
import { operations } from '../../../_server/operations.ts';
import { jsonReply } from '../../../_server/reply.ts';
import { listQuery, route } from '../../../_server/route.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  GET: route(
    { scope: 'read', query: listQuery('q', 'site', 'state', 'model', 'tag') },
    async ({ store, query, page, problem }) => {
      const given = query.get('state');
      const state = DEVICE_STATES.find((known) => known === given);
      if (given !== null && !state) {
        return problem('bad-query', {
          detail: `"state" must be one of ${DEVICE_STATES.join(', ')}`,
        });
      }
      const site = query.has('site') ? await getSite(store, query.get('site') ?? '') : undefined;
      if (site === null) return problem('bad-query', { detail: 'There is no such site.' });
      const filters = {
        query: query.get('q') ?? undefined,
        siteId: site?.id,
        model: query.get('model') ?? undefined,
        tag: query.get('tag') ?? undefined,
      };
      return jsonReply(await listDevices(store, { ...page, ...filters, state }));
    },
  ),
});
