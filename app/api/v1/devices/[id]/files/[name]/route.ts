import { deviceFileText } from '#lib/store/device-files.ts';
import { operations } from '../../../../../../_server/operations.ts';
import { textReply } from '../../../../../../_server/reply.ts';
import { route } from '../../../../../../_server/route.ts';
import { revisionOf } from '../file-revision.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  /** The text as the phone gets it, with every secret masked. */
  GET: route({ scope: 'read', query: ['revision'] }, async ({ store, params, query, problem, refuse }) => {
    const revision = revisionOf(query.get('revision'));
    if (!revision.ok) return problem('bad-query', { detail: revision.reason });
    const file = await deviceFileText(store, params.id ?? '', {
      name: params.name ?? '',
      revision: revision.value,
    });
    return file.ok ? textReply(file.text) : refuse(file);
  }),
});
