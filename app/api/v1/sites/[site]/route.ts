import { parseSiteInput } from '#lib/domain/site-input.ts';
import { deleteSite, getSite, updateSite } from '#lib/store/sites.ts';
import { operations } from '../../../../_server/operations.ts';
import { jsonReply } from '../../../../_server/reply.ts';
import { route } from '../../../../_server/route.ts';
import { catalogReply, deletedReply } from '../../catalog-reply.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  /** By id or slug. */
  GET: route({ scope: 'read' }, async ({ store, params, problem }) => {
    const site = await getSite(store, params.site ?? '');
    return site ? jsonReply(site, { version: site.version }) : problem('not-found');
  }),

  PATCH: route({ scope: 'write', body: parseSiteInput }, async ({ store, params, body, version, refuse }) => {
    const outcome = await updateSite(store, params.site ?? '', {
      input: body,
      version,
    });
    if (!outcome.ok) return refuse(outcome);
    return catalogReply(outcome.site, {
      effect: outcome.effect,
      version: outcome.site.version,
    });
  }),

  DELETE: route({ scope: 'write' }, async ({ store, params, version, refuse }) => {
    const outcome = await deleteSite(store, params.site ?? '', { version });
    return outcome.ok ? deletedReply(outcome.effect) : refuse(outcome);
  }),
});
