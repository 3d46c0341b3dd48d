import { z } from 'zod';
import { modelSlug, oneLine, reference } from '#lib/domain/input-text.ts';
import { approveDevice } from '#lib/store/devices.ts';
import { readerOf } from '../../../../../_server/body.ts';
import { operations } from '../../../../../_server/operations.ts';
import { route } from '../../../../../_server/route.ts';
import { deviceReply } from '../../device-reply.ts';

/** What is left out stays as it was discovered. */
const approval = z.strictObject({
  model: modelSlug.nullable().default(null),
  site: reference.nullable().default(null),
  label: oneLine(128).nullable().optional(),
});

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  POST: route({ scope: 'write', body: readerOf(approval) }, async ({ store, params, body, refuse }) => {
    const outcome = await approveDevice(store, params.id ?? '', body);
    return outcome.ok ? deviceReply(store, outcome.device) : refuse(outcome);
  }),
});
