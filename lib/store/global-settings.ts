/** Values of the layers that have no site: for all phones, and for all phones of a model. */
import { may, reachOf } from '#lib/domain/actor.ts';
import type { LayerValues } from '#lib/domain/layers.ts';
import { findVendor } from '#lib/domain/vendors/registry.ts';
import type { AuditInput } from './audit.ts';
import { type CatalogScope, changeCatalog, EVERYTHING } from './catalog-changes.ts';
import type { Db } from './client.ts';
import type { StoreContext } from './context.ts';
import type { Effect } from './effect.ts';
import { invalid, type Outcome, refuse } from './outcome.ts';
import { readSettings, type Scalar, SETTING_FIELDS, type SettingOwner, writeSettings } from './settings.ts';

/** Secret values are null and marked so. */
export interface LayerDocument {
  readonly variables: LayerValues;
  /** By vendor slug. */
  readonly parameters: Readonly<Record<string, LayerValues>>;
}

export async function listGlobalSettings(ctx: StoreContext): Promise<LayerDocument> {
  return readLayer(ctx, { layer: 'global' });
}

export async function listModelSettings(ctx: StoreContext, modelSlug: string): Promise<LayerDocument> {
  return readLayer(ctx, { layer: 'model', modelSlug });
}

async function readLayer(
  ctx: StoreContext,
  where: { layer: string; modelSlug?: string },
): Promise<LayerDocument> {
  if (!may(ctx.actor, 'read')) return { variables: {}, parameters: {} };
  const rows = await ctx.db.setting.findMany({ where, select: SETTING_FIELDS, orderBy: { key: 'asc' } });
  const { variables, parameters } = readSettings(rows, null);
  return { variables, parameters };
}

/** An absent one stays, null clears one. Values are checked by the schemas of setting-input.ts. */
export interface LayerInput {
  readonly variables?: Readonly<Record<string, Scalar>> | undefined;
  /** By vendor slug. */
  readonly parameters?: Readonly<Record<string, Readonly<Record<string, Scalar>>>> | undefined;
}

export type LayerOutcome = Outcome<{ readonly settings: LayerDocument; readonly effect: Effect }>;

export async function setGlobalSettings(ctx: StoreContext, input: LayerInput): Promise<LayerOutcome> {
  const saved = await writeLayer(ctx, {
    owner: { layer: 'global' },
    input,
    scope: EVERYTHING,
    name: 'all phones',
  });
  return saved.ok ? { ok: true, settings: await listGlobalSettings(ctx), effect: saved.effect } : saved;
}

export async function setModelSettings(
  ctx: StoreContext,
  slug: string,
  input: LayerInput,
): Promise<LayerOutcome> {
  if ((await ctx.db.phoneModel.count({ where: { slug } })) === 0) return refuse('not-found');
  const scope = { vendors: [], models: [slug], siteId: null };
  const saved = await writeLayer(ctx, {
    owner: { layer: 'model', modelSlug: slug },
    input,
    scope,
    name: slug,
  });
  return saved.ok ? { ok: true, settings: await listModelSettings(ctx, slug), effect: saved.effect } : saved;
}

interface LayerWrite {
  readonly owner: SettingOwner;
  readonly input: LayerInput;
  readonly scope: CatalogScope;
  readonly name: string;
}

async function writeLayer(
  ctx: StoreContext,
  write: LayerWrite,
): Promise<Outcome<{ readonly effect: Effect }>> {
  if (reachOf(ctx.actor, 'write') !== 'all') return refuse('forbidden');
  const stranger = Object.keys(write.input.parameters ?? {}).find((vendor) => findVendor(vendor) === null);
  if (stranger !== undefined) return invalid(`/parameters/${stranger}`, 'there is no such vendor');
  return changeCatalog(ctx, async (tx) => {
    const changed = await writeValues(tx, ctx, write);
    const summary = `Changed ${changed.slice(0, 5).join(', ')} of ${write.name}`;
    const audit: AuditInput = {
      action: 'change',
      noun: 'settings',
      nounId: write.name,
      summary,
      after: { changed },
    };
    return { ok: true, value: null, scope: changed.length === 0 ? null : write.scope, audit };
  });
}

async function writeValues(tx: Db, ctx: StoreContext, { owner, input }: LayerWrite): Promise<string[]> {
  const base = { owner, setBy: ctx.actor.name };
  const changed =
    input.variables === undefined
      ? []
      : await writeSettings(tx, ctx.vault, {
          ...base,
          kind: 'variable',
          vendor: null,
          values: input.variables,
        });
  for (const [vendor, values] of Object.entries(input.parameters ?? {}))
    changed.push(...(await writeSettings(tx, ctx.vault, { ...base, kind: 'parameter', vendor, values })));
  return changed;
}
