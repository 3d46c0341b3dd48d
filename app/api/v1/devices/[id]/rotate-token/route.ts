import { z } from 'zod';
import { rotateToken } from '#lib/store/devices.ts';
import { readerOf } from '../../../../../_server/body.ts';
import { operations } from '../../../../../_server/operations.ts';
import { route } from '../../../../../_server/route.ts';
import { deviceReply } from '../../device-reply.ts';

/** `revoke`: the old token leaked and ends at once, else when the phone has used the new one. */
const rotation = z.strictObject({ revoke: z.boolean().default(false) });

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  POST: route({ scope: 'write', body: readerOf(rotation) }, async ({ store, params, body, refuse }) => {
    const outcome = await rotateToken(store, params.id ?? '', body);
    return outcome.ok ? deviceReply(store, outcome.device) : refuse(outcome);
  }),
});
