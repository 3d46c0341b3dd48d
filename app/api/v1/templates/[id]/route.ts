import { parseTemplateInput } from '#lib/domain/template-input.ts';
import { deleteTemplate, getTemplate, saveDraft } from '#lib/store/templates.ts';
import { operations } from '../../../../_server/operations.ts';
import { jsonReply } from '../../../../_server/reply.ts';
import { route } from '../../../../_server/route.ts';
import { deletedReply } from '../../catalog-reply.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  GET: route({ scope: 'read' }, async ({ store, params, problem }) => {
    const template = await getTemplate(store, params.id ?? '');
    return template ? jsonReply(template, { version: template.version }) : problem('not-found');
  }),

  /** Changes the draft; nothing is published by it. */
  PATCH: route(
    { scope: 'write', body: parseTemplateInput },
    async ({ store, params, body, version, refuse }) => {
      const outcome = await saveDraft(store, params.id ?? '', {
        input: body,
        version,
      });
      return outcome.ok
        ? jsonReply(outcome.template, { version: outcome.template.version })
        : refuse(outcome);
    },
  ),

  DELETE: route({ scope: 'write' }, async ({ store, params, version, refuse }) => {
    const outcome = await deleteTemplate(store, params.id ?? '', { version });
    return outcome.ok ? deletedReply(outcome.effect) : refuse(outcome);
  }),
});
