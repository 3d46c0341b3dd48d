import { z } from 'zod';
import { oneLine } from '#lib/domain/input-text.ts';
import { revealSecrets } from '#lib/store/devices.ts';
import { readerOf } from '../../../../../_server/body.ts';
import { operations } from '../../../../../_server/operations.ts';
import { jsonReply } from '../../../../../_server/reply.ts';
import { route } from '../../../../../_server/route.ts';

const reveal = z.strictObject({
  reason: oneLine(500)
    .transform((text) => text.trim())
    .refine((text) => text.length >= 3, 'must say why, in three characters or more'),
});

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  /** The one reply that holds secrets; it is audited with its reason. */
  POST: route({ scope: 'reveal', body: readerOf(reveal) }, async ({ store, params, body, refuse }) => {
    const outcome = await revealSecrets(store, params.id ?? '', body);
    return outcome.ok ? jsonReply(outcome.secrets) : refuse(outcome);
  }),
});
