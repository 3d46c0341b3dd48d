import { countDevices, getDevice } from '#lib/store/devices.ts';
import { deviceEvents, listEvents } from '#lib/store/events.ts';
import { changeStream } from '../../_server/change-stream.ts';
import type { Gate } from '../../_server/session.ts';

/** Tells the open page of one phone (`?device=<id>`), or of a list, when to draw itself anew. */
export const GET = changeStream(async (gate, query) => {
  const id = query.get('device');
  return id === null ? fleetMark(gate) : deviceMark(gate, id);
});

async function deviceMark({ store }: Gate, id: string): Promise<unknown> {
  const [device, events] = await Promise.all([getDevice(store, id), deviceEvents(store, id, { limit: 1 })]);
  if (!device) return null;
  const { version, revision, publication, behind, fetchedRevision, lastSeenAt } = device;
  return [version, revision, publication.state, behind, fetchedRevision, lastSeenAt, events?.data[0]?.id];
}

async function fleetMark({ store }: Gate): Promise<unknown> {
  const [counts, events] = await Promise.all([countDevices(store, {}), listEvents(store, { limit: 1 })]);
  return [counts, events.data[0]?.id];
}
