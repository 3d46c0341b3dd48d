import { getJob } from '#lib/store/jobs.ts';
import { operations } from '../../../../_server/operations.ts';
import { jsonReply } from '../../../../_server/reply.ts';
import { route } from '../../../../_server/route.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  GET: route({ scope: 'read' }, async ({ store, params, problem }) => {
    const job = await getJob(store, params.id ?? '');
    return job ? jsonReply(job) : problem('not-found');
  }),
});
