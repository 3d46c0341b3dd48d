import { getModel } from '#lib/store/models.ts';
import { operations } from '../../../../_server/operations.ts';
import { jsonReply } from '../../../../_server/reply.ts';
import { route } from '../../../../_server/route.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  /** A slug has a slash in it, escaped or not. */
  GET: route({ scope: 'read' }, async ({ store, params, problem }) => {
    const model = await getModel(store, params.slug ?? '');
    return model ? jsonReply(model) : problem('not-found', { detail: 'There is no such model.' });
  }),
});
