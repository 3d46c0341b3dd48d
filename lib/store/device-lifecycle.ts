/** The ways of a device from one state to another. Suspend and retire publish files that clear its accounts. */
import { may } from '#lib/domain/actor.ts';
import type { DeviceState } from '#lib/domain/device.ts';
import type { Mac } from '#lib/domain/mac.ts';
import type { StoreContext } from './context.ts';
import { describeDevice } from './device-documents.ts';
import { auditDevice, type DeviceSaved, lockDevice, publishSaved } from './device-saving.ts';
import { writeDevice } from './device-write.ts';
import { type Outcome, refuse, transact } from './outcome.ts';

export interface Approval {
  /** Model slug; null: as it was recognised. */
  readonly model: string | null;
  /** Slug or id; null: where it was discovered. */
  readonly site: string | null;
  readonly label?: string | null | undefined;
}

/** Puts a discovered phone into service and publishes its files: it gets them at its next boot. */
export async function approveDevice(
  ctx: StoreContext,
  id: string,
  approval: Approval,
): Promise<Outcome<DeviceSaved>> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  const saved = await transact(ctx.db, async (tx) => {
    const row = await lockDevice(tx, ctx, id);
    if (row === null) return refuse('not-found');
    if (row.state !== 'discovered') return refuse('wrong-state');
    const input = {
      state: 'active' as const,
      ...(approval.model === null ? {} : { model: approval.model }),
      ...(approval.site === null ? {} : { site: approval.site }),
      ...(approval.label === undefined ? {} : { label: approval.label }),
    };
    const before = await describeDevice(tx, row);
    const written = await writeDevice(tx, ctx, { row, mac: row.mac as Mac, input });
    if (written.ok) await auditDevice(tx, ctx, { ...written, before });
    return written;
  });
  return saved.ok ? { ok: true, ...(await publishSaved(ctx, saved)) } : saved;
}

interface Seen {
  /** The version that the writer saw. */
  readonly version?: number | undefined;
}

/** Its accounts are taken from the phone at its next fetch; everything else stays. */
export function suspendDevice(ctx: StoreContext, id: string, seen: Seen = {}): Promise<Outcome<DeviceSaved>> {
  return changeState(ctx, id, { ...seen, from: ['active'], to: 'suspended' });
}

export function resumeDevice(ctx: StoreContext, id: string, seen: Seen = {}): Promise<Outcome<DeviceSaved>> {
  return changeState(ctx, id, { ...seen, from: ['suspended'], to: 'active' });
}

/** As suspended, until it has fetched that; then it is unknown, and its MAC is free. */
export function retireDevice(ctx: StoreContext, id: string, seen: Seen = {}): Promise<Outcome<DeviceSaved>> {
  return changeState(ctx, id, { ...seen, from: ['active', 'suspended', 'discovered'], to: 'retired' });
}

interface StateChange extends Seen {
  readonly from: readonly DeviceState[];
  readonly to: DeviceState;
}

/** A device that is in the state already stays as it is. */
async function changeState(
  ctx: StoreContext,
  id: string,
  change: StateChange,
): Promise<Outcome<DeviceSaved>> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  const { from, to, version } = change;
  const saved = await transact(ctx.db, async (tx) => {
    const row = await lockDevice(tx, ctx, id);
    if (row === null) return refuse('not-found');
    if (version !== undefined && version !== row.version) return refuse('stale');
    if (row.state === to) return { ok: true as const, id, changed: [] };
    if (!from.some((state) => state === row.state)) return refuse('wrong-state');
    const before = await describeDevice(tx, row);
    await tx.device.update({ where: { id }, data: { state: to, version: { increment: 1 } } });
    await auditDevice(tx, ctx, { id, before, changed: ['state'] });
    return { ok: true as const, id, changed: ['state'] };
  });
  return saved.ok ? { ok: true, ...(await publishSaved(ctx, saved)) } : saved;
}
