import { z } from 'zod';
import { publishTemplate } from '#lib/store/templates.ts';
import { readerOf } from '../../../../../_server/body.ts';
import { operations } from '../../../../../_server/operations.ts';
import { route } from '../../../../../_server/route.ts';
import { catalogReply } from '../../../catalog-reply.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  /** 200 when its phones were published at once, 202 with a job when there are more than twenty. */
  POST: route(
    { scope: 'write', body: readerOf(z.strictObject({})) },
    async ({ store, params, version, refuse }) => {
      const outcome = await publishTemplate(store, params.id ?? '', { version });
      if (!outcome.ok) return refuse(outcome);
      const { template, effect } = outcome;
      return catalogReply(template, { effect, version: template.version });
    },
  ),
});
