import { parseDeviceInput } from '#lib/domain/device-input.ts';
import { parseMac } from '#lib/domain/mac.ts';
import { getDeviceByMac, patchDevice, putDeviceByMac } from '#lib/store/devices.ts';
import { operations } from '../../../../../_server/operations.ts';
import { route } from '../../../../../_server/route.ts';
import { deviceReply } from '../../device-reply.ts';

const BAD_MAC = {
  errors: [
    {
      pointer: '',
      detail: 'The path must end in a MAC address such as 0021f222b01d.',
    },
  ],
};

export const { DELETE, GET, OPTIONS, PATCH, POST, PUT } = operations({
  GET: route({ scope: 'read' }, async ({ store, params, problem }) => {
    const mac = parseMac(params.mac ?? '');
    const device = mac.ok ? await getDeviceByMac(store, mac.value) : null;
    return device
      ? deviceReply(store, device)
      : problem('not-found', { detail: 'No device has this MAC address.' });
  }),

  PUT: route(
    { scope: 'write', body: parseDeviceInput },
    async ({ store, params, body, version, presence, problem, refuse }) => {
      const mac = parseMac(params.mac ?? '');
      if (!mac.ok) return problem('invalid', BAD_MAC);
      if (version !== undefined) {
        const device = await getDeviceByMac(store, mac.value);
        if (!device)
          return problem('stale', {
            detail: 'If-Match names a version, and there is no such device.',
          });
        const patched = await patchDevice(store, device.id, {
          input: body,
          version,
        });
        return patched.ok ? deviceReply(store, patched.device) : refuse(patched);
      }
      const put = await putDeviceByMac(store, mac.value, body, presence);
      if (!put.ok) return refuse(put);
      const location = `/api/v1/devices/${put.device.id}`;
      return deviceReply(store, put.device, put.created ? { status: 201, location } : {});
    },
  ),
});
