import { z } from 'zod';
import { publishTemplate } from '#lib/store/templates.ts';
import { readerOf } from '../../../../../_server/body.ts';
import { route } from '../../../../../_server/route.ts';
import { catalogReply } from '../../../catalog-reply.ts';

/** 200 when its phones were published at once, 202 with a job when there are more than twenty. */
export const POST = route(
  { scope: 'write', body: readerOf(z.strictObject({})) },
  async ({ store, params, version, refuse }) => {
    const outcome = await publishTemplate(store, params.id ?? '', { version });
    if (!outcome.ok) return refuse(outcome);
    const { template, effect } = outcome;
    return catalogReply(template, { effect, version: template.version });
  },
);
