import { parseRegistrarInput } from '#lib/domain/registrar-input.ts';
import { deleteRegistrar, getRegistrar, updateRegistrar } from '#lib/store/registrars.ts';
import { operations } from '../../../../_server/operations.ts';
import { jsonReply } from '../../../../_server/reply.ts';
import { route } from '../../../../_server/route.ts';
import { catalogReply, deletedReply } from '../../catalog-reply.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  GET: route({ scope: 'read' }, async ({ store, params, problem }) => {
    const registrar = await getRegistrar(store, params.id ?? '');
    return registrar ? jsonReply(registrar, { version: registrar.version }) : problem('not-found');
  }),

  PATCH: route(
    { scope: 'write', body: parseRegistrarInput },
    async ({ store, params, body, version, refuse }) => {
      const outcome = await updateRegistrar(store, params.id ?? '', {
        input: body,
        version,
      });
      if (!outcome.ok) return refuse(outcome);
      return catalogReply(outcome.registrar, {
        effect: outcome.effect,
        version: outcome.registrar.version,
      });
    },
  ),

  DELETE: route({ scope: 'write' }, async ({ store, params, version, refuse }) => {
    const outcome = await deleteRegistrar(store, params.id ?? '', { version });
    return outcome.ok ? deletedReply(outcome.effect) : refuse(outcome);
  }),
});
