import { parseRuleInput } from '#lib/domain/rule-input.ts';
import { createRule, listRules } from '#lib/store/rules.ts';
import { operations } from '../../../_server/operations.ts';
import { jsonReply } from '../../../_server/reply.ts';
import { route } from '../../../_server/route.ts';
import { catalogReply } from '../catalog-reply.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  /** All of them, in the order in which they are tried. */
  GET: route({ scope: 'read' }, async ({ store }) =>
    jsonReply({ data: await listRules(store), nextCursor: null }),
  ),

  POST: route({ scope: 'write', body: parseRuleInput }, async ({ store, body, refuse }) => {
    const outcome = await createRule(store, body);
    if (!outcome.ok) return refuse(outcome);
    const { rule, effect } = outcome;
    const location = `/api/v1/profile-rules/${rule.id}`;
    return catalogReply(rule, {
      effect,
      version: rule.version,
      status: 201,
      location,
    });
  }),
});
