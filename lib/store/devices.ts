/** Devices, as people and billing systems read and write them. */
import { may, SYSTEM } from '#lib/domain/actor.ts';
import type { DeviceDocument } from '#lib/domain/device-document.ts';
import type { DeviceInput } from '#lib/domain/device-input.ts';
import type { Mac } from '#lib/domain/mac.ts';
import type { StoreContext } from './context.ts';
import { describeDevice, findDevice } from './device-documents.ts';
import { type DeviceSaved, lockDevice, publishSaved, saveDevice, saveOnce } from './device-saving.ts';
import { lockMac } from './device-write.ts';
import { type Outcome, refuse } from './outcome.ts';
import { isId } from './reach.ts';

export { approveDevice, resumeDevice, retireDevice, suspendDevice } from './device-lifecycle.ts';
export { countDevices, type DeviceQuery, listDevices } from './device-list.ts';
export type { DeviceSaved } from './device-saving.ts';
export { type RevealedSecrets, revealSecrets, rotateToken } from './device-secrets.ts';

/** Null also for a device outside the actor's subtree. */
export async function getDevice(ctx: StoreContext, id: string): Promise<DeviceDocument | null> {
  const row = isId(id) ? await findDevice(ctx.db, ctx, { where: { id }, scope: 'read' }) : null;
  return row && describeDevice(ctx.db, row);
}

/** The device in use with this MAC, else the one that was retired last. */
export async function getDeviceByMac(ctx: StoreContext, mac: Mac): Promise<DeviceDocument | null> {
  const inUse = await findDevice(ctx.db, ctx, { where: { mac, state: { not: 'retired' } }, scope: 'read' });
  const row = inUse ?? (await findDevice(ctx.db, ctx, { where: { mac }, scope: 'read' }));
  return row && describeDevice(ctx.db, row);
}

/** Whether the writer insists that the device is there already, or that it is not. */
export type Presence = 'needed' | 'refused' | 'any';

/**
 * Makes the phone with this MAC what a body says: the rules of `PUT /devices/by-mac/{mac}`. Desire is saved even if the
 * gate then refuses to publish it. Refusals: `mac-in-use` for a MAC outside the actor's subtree, `stale` when it is
 * there or not against `presence`, `shared-account`, `conflict` for an external id that is taken, `invalid` with
 * pointers.
 */
export async function putDeviceByMac(
  ctx: StoreContext,
  mac: Mac,
  input: DeviceInput,
  presence: Presence = 'any',
): Promise<Outcome<DeviceSaved & { readonly created: boolean }>> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  const saved = await saveOnce(ctx, async (tx) => {
    await lockMac(tx, mac);
    const anybodys = await tx.device.findFirst({
      where: { mac, state: { not: 'retired' } },
      select: { id: true, state: true },
    });
    const where = { id: anybodys?.id ?? '00000000-0000-0000-0000-000000000000' };
    // A phone that was only listed belongs to nobody yet.
    const owner = anybodys?.state === 'discovered' ? { ...ctx, actor: SYSTEM } : ctx;
    const row = anybodys === null ? null : await findDevice(tx, owner, { where, scope: 'write' });
    if (anybodys !== null && row === null) return refuse('mac-in-use');
    if (presence === (row === null ? 'needed' : 'refused')) return refuse('stale');
    return saveDevice(tx, ctx, { row, mac, input });
  });
  if (!saved.ok) return saved;
  return { ok: true, created: saved.created, ...(await publishSaved(ctx, saved)) };
}

/** The same rules by id. `version` is the one that the writer saw. */
export async function patchDevice(
  ctx: StoreContext,
  id: string,
  { input, version }: { readonly input: DeviceInput; readonly version?: number | undefined },
): Promise<Outcome<DeviceSaved>> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  const saved = await saveOnce(ctx, async (tx) => {
    const row = await lockDevice(tx, ctx, id);
    if (row === null) return refuse('not-found');
    if (version !== undefined && version !== row.version) return refuse('stale');
    if (row.state === 'retired') return refuse('wrong-state');
    return saveDevice(tx, ctx, { row, mac: row.mac as Mac, input });
  });
  return saved.ok ? { ok: true, ...(await publishSaved(ctx, saved)) } : saved;
}
