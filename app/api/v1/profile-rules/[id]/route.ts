import { parseRuleInput } from '#lib/domain/rule-input.ts';
import { deleteRule, getRule, updateRule } from '#lib/store/rules.ts';
import { operations } from '../../../../_server/operations.ts';
import { jsonReply } from '../../../../_server/reply.ts';
import { route } from '../../../../_server/route.ts';
import { catalogReply, deletedReply } from '../../catalog-reply.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  GET: route({ scope: 'read' }, async ({ store, params, problem }) => {
    const rule = await getRule(store, params.id ?? '');
    return rule ? jsonReply(rule, { version: rule.version }) : problem('not-found');
  }),

  PATCH: route({ scope: 'write', body: parseRuleInput }, async ({ store, params, body, version, refuse }) => {
    const outcome = await updateRule(store, params.id ?? '', {
      input: body,
      version,
    });
    if (!outcome.ok) return refuse(outcome);
    return catalogReply(outcome.rule, {
      effect: outcome.effect,
      version: outcome.rule.version,
    });
  }),

  DELETE: route({ scope: 'write' }, async ({ store, params, version, refuse }) => {
    const outcome = await deleteRule(store, params.id ?? '', { version });
    return outcome.ok ? deletedReply(outcome.effect) : refuse(outcome);
  }),
});
