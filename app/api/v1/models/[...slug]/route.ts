import { getModel } from '#lib/store/models.ts';
import { jsonReply } from '../../../../_server/reply.ts';
import { route } from '../../../../_server/route.ts';

/** A slug has a slash in it, escaped or not. */
export const GET = route({ scope: 'read' }, async ({ store, params, problem }) => {
  const model = await getModel(store, params.slug ?? '');
  return model ? jsonReply(model) : problem('not-found', { detail: 'There is no such model.' });
});
