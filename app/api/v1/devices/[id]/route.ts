import { parseDeviceInput } from '#lib/domain/device-input.ts';
import { getDevice, patchDevice, retireDevice } from '#lib/store/devices.ts';
import { operations } from '../../../../_server/operations.ts';
import { route } from '../../../../_server/route.ts';
import { deviceReply } from '../device-reply.ts';

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  GET: route({ scope: 'read' }, async ({ store, params, problem }) => {
    const device = await getDevice(store, params.id ?? '');
    return device ? deviceReply(store, device) : problem('not-found', { detail: 'There is no such device.' });
  }),

  PATCH: route(
    { scope: 'write', body: parseDeviceInput },
    async ({ store, params, body, version, refuse }) => {
      const patched = await patchDevice(store, params.id ?? '', {
        input: body,
        version,
      });
      return patched.ok ? deviceReply(store, patched.device) : refuse(patched);
    },
  ),

  DELETE: route({ scope: 'write' }, async ({ store, params, version, refuse }) => {
    const retired = await retireDevice(store, params.id ?? '', { version });
    return retired.ok ? deviceReply(store, retired.device) : refuse(retired);
  }),
});
