import { z } from 'zod';

/** A phone model as shipped: data with a source, read-only. Local changes are an overlay that survives upgrades. */
export const modelSchema = z.object({
  /** `flyingvoice/fip14g`: vendor slug and model slug. */
  slug: z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/),
  vendor: z.string(),
  name: z.string(),
  /** Names that this model has in a SUBSCRIBE's Event header or a User-Agent, besides its own. */
  spellings: z.array(z.string()).readonly(),
  /** Accounts that the phone can register. */
  lines: z.number().int().min(0).max(64),
  /** Programmable keys of the phone itself, pages included. */
  keys: z.number().int().min(0).max(512),
  /** Expansion modules that can be attached, and the keys of each. */
  modules: z.number().int().min(0).max(8),
  moduleKeys: z.number().int().min(0).max(256),
  /** Where lines and keys were read; null where nobody has checked. */
  source: z.string().nullable(),
  unverified: z.boolean(),
});

export type Model = z.infer<typeof modelSchema>;

/** What an administrator may change of a shipped model. */
export const modelOverlaySchema = modelSchema
  .pick({ name: true, spellings: true, lines: true, keys: true, modules: true, moduleKeys: true })
  .partial();

export type ModelOverlay = z.infer<typeof modelOverlaySchema>;

export function applyOverlay(model: Model, overlay: ModelOverlay | null): Model {
  if (overlay === null) return model;
  const changes = Object.fromEntries(Object.entries(overlay).filter(([, value]) => value !== undefined));
  return { ...model, ...changes };
}
