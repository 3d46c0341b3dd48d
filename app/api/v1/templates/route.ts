import { parseTemplateInput } from '#lib/domain/template-input.ts';
import { createTemplate, listTemplates } from '#lib/store/templates.ts';
import { operations } from '../../../_server/operations.ts';
import { jsonReply } from '../../../_server/reply.ts';
import { listQuery, route } from '../../../_server/route.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  GET: route({ scope: 'read', query: listQuery('vendor') }, async ({ store, query, page }) =>
    jsonReply(
      await listTemplates(store, {
        ...page,
        vendor: query.get('vendor') ?? undefined,
      }),
    ),
  ),

  /** Makes a draft; nothing is published by it. */
  POST: route({ scope: 'write', body: parseTemplateInput }, async ({ store, body, refuse }) => {
    const outcome = await createTemplate(store, body);
    if (!outcome.ok) return refuse(outcome);
    const { template } = outcome;
    const location = `/api/v1/templates/${template.id}`;
    return jsonReply(template, {
      status: 201,
      version: template.version,
      location,
    });
  }),
});
