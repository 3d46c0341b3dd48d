import { deviceFileProvenance } from '#lib/store/device-files.ts';
import { operations } from '../../../../../../../_server/operations.ts';
import { jsonReply } from '../../../../../../../_server/reply.ts';
import { route } from '../../../../../../../_server/route.ts';
import { revisionOf } from '../../file-revision.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  /** Where each line of the file comes from. */
  GET: route({ scope: 'read', query: ['revision'] }, async ({ store, params, query, problem, refuse }) => {
    const revision = revisionOf(query.get('revision'));
    if (!revision.ok) return problem('bad-query', { detail: revision.reason });
    const file = { name: params.name ?? '', revision: revision.value };
    const provenance = await deviceFileProvenance(store, params.id ?? '', file);
    return provenance.ok ? jsonReply({ data: provenance.lines, nextCursor: null }) : refuse(provenance);
  }),
});
