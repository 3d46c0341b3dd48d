/** The secrets of a device: its URL token, and everything that a reveal shows. */
import { may } from '#lib/domain/actor.ts';
import { baseFor } from '#lib/domain/catalog.ts';
import type { DeviceDocument } from '#lib/domain/device-document.ts';
import { writeAudit } from './audit.ts';
import { loadCatalog } from './catalog.ts';
import type { StoreContext } from './context.ts';
import { describeDevice, findDevice } from './device-documents.ts';
import { openDevice } from './device-rows.ts';
import { auditDevice, lockDevice, publishSaved } from './device-saving.ts';
import { newDeviceSecrets } from './device-write.ts';
import { invalid, type Outcome, refuse, transact } from './outcome.ts';
import { isId } from './reach.ts';
import type { Scalar, SettingKind } from './settings.ts';

/**
 * A new token for `/d/<token>/`. The old one stays good until the phone has fetched with the new one; with `revoke`
 * (it leaked) it ends at once.
 */
export async function rotateToken(
  ctx: StoreContext,
  id: string,
  { revoke }: { readonly revoke: boolean },
): Promise<Outcome<{ readonly device: DeviceDocument }>> {
  if (!may(ctx.actor, 'write')) return refuse('forbidden');
  const saved = await transact(ctx.db, async (tx) => {
    const row = await lockDevice(tx, ctx, id);
    if (row === null) return refuse('not-found');
    if (row.state === 'retired' || row.state === 'discovered') return refuse('wrong-state');
    const before = await describeDevice(tx, row);
    const previousTokenLookup = revoke ? null : row.tokenLookup;
    const data = { ...newDeviceSecrets(ctx.vault, id), previousTokenLookup, version: { increment: 1 } };
    await tx.device.update({ where: { id }, data });
    await auditDevice(tx, ctx, { id, before, changed: [revoke ? 'token, the old one revoked' : 'token'] });
    return { ok: true as const, id, changed: ['token'] };
  });
  return saved.ok ? { ok: true, device: (await publishSaved(ctx, saved)).device } : saved;
}

export interface RevealedSecrets {
  /** `<base>/d/<token>/`; null when no base is known. */
  readonly url: string | null;
  readonly token: string | null;
  readonly lines: readonly {
    readonly index: number;
    readonly userName: string;
    readonly authName: string | null;
    readonly password: string | null;
  }[];
  /** Secret values of the device's own layer. */
  readonly settings: readonly { readonly kind: SettingKind; readonly key: string; readonly value: Scalar }[];
}

const LONGEST_REASON = 500;

/** Shows what is sealed. Needs its own scope and a reason; who asked and why is written down before it is shown. */
export async function revealSecrets(
  ctx: StoreContext,
  id: string,
  { reason }: { readonly reason: string },
): Promise<Outcome<{ readonly secrets: RevealedSecrets }>> {
  if (!may(ctx.actor, 'reveal')) return refuse('forbidden');
  if (reason.trim() === '') return invalid('/reason', 'is needed');
  if (reason.length > LONGEST_REASON)
    return invalid('/reason', `must have at most ${LONGEST_REASON} characters`);
  const row = isId(id) ? await findDevice(ctx.db, ctx, { where: { id }, scope: 'reveal' }) : null;
  if (row === null) return refuse('not-found');
  await writeAudit(ctx.db, ctx, {
    ...{ action: 'reveal', noun: 'device', nounId: id, siteId: row.siteId, rootId: row.rootId },
    summary: `Revealed the secrets of ${row.label ?? row.mac}: ${reason.trim()}`,
  });
  const { device, token } = openDevice(row, ctx.vault);
  const { catalog } = await loadCatalog(ctx.db, ctx.vault);
  const base = baseFor(catalog, row.siteId);
  const lines = device.lines.flatMap(({ index, account }) => {
    if (account === null) return [];
    const { userName, authName, password } = account;
    return [{ index, userName, authName, password }];
  });
  const settings = [...secretsOf('variable', device.variables), ...secretsOf('parameter', device.parameters)];
  const url = base === null || token === null ? null : `${base}/d/${token}/`;
  return { ok: true, secrets: { url, token, lines, settings } };
}

function secretsOf(
  kind: SettingKind,
  values: Readonly<Record<string, { readonly value: Scalar; readonly secret: boolean }>>,
): { kind: SettingKind; key: string; value: Scalar }[] {
  return Object.entries(values).flatMap(([key, each]) =>
    each.secret ? [{ kind, key, value: each.value }] : [],
  );
}
