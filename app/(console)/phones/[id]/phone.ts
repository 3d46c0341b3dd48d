import { notFound } from 'next/navigation';
import { cache } from 'react';
import type { DeviceDocument } from '#lib/domain/device-document.ts';
import { getDevice } from '#lib/store/devices.ts';
import { type Gate, requireUser } from '../../../_server/session.ts';

interface OpenPhone {
  readonly gate: Gate;
  readonly phone: DeviceDocument;
}

/** The phone of this address, read once for a request; pages, and what stands around them, share it. */
export const openPhone = cache(async (id: string): Promise<OpenPhone> => {
  const gate = await requireUser();
  const phone = await getDevice(gate.store, id);
  if (!phone) notFound();
  return { gate, phone };
});
