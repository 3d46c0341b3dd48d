import type { DeviceDocument } from '#lib/domain/device-document.ts';
import type { StoreContext } from '#lib/store/context.ts';
import { servedRevisions } from '#lib/store/workers.ts';
import { jsonReply } from '../../../_server/reply.ts';

interface More {
  readonly status?: number;
  readonly location?: string;
}

/** A device, with the revision that each worker serves: `{ "worker-1": 8 }`. */
export async function deviceReply(
  store: StoreContext,
  device: DeviceDocument,
  more: More = {},
): Promise<Response> {
  const served = await servedRevisions(store.db, device.id);
  const servedRevision = Object.fromEntries(served.map(({ worker, revision }) => [worker, revision]));
  return jsonReply({ ...device, servedRevision }, { ...more, version: device.version });
}
