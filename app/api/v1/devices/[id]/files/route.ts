import { deviceFiles } from '#lib/store/device-files.ts';
import { operations } from '../../../../../_server/operations.ts';
import { jsonReply } from '../../../../../_server/reply.ts';
import { route } from '../../../../../_server/route.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  GET: route({ scope: 'read' }, async ({ store, params, problem }) => {
    const files = await deviceFiles(store, params.id ?? '');
    if (!files) return problem('not-found', { detail: 'There is no such device.' });
    return jsonReply({ data: files, nextCursor: null });
  }),
});
