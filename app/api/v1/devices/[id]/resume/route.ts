import { z } from 'zod';
import { resumeDevice } from '#lib/store/devices.ts';
import { readerOf } from '../../../../../_server/body.ts';
import { operations } from '../../../../../_server/operations.ts';
import { route } from '../../../../../_server/route.ts';
import { deviceReply } from '../../device-reply.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  POST: route(
    { scope: 'write', body: readerOf(z.strictObject({})) },
    async ({ store, params, version, refuse }) => {
      const outcome = await resumeDevice(store, params.id ?? '', { version });
      return outcome.ok ? deviceReply(store, outcome.device) : refuse(outcome);
    },
  ),
});
