import type { Layer } from './origin.ts';

/** A value that somebody set, with who and when. Null clears what weaker layers say. */
export interface LayerValue {
  readonly value: string | number | boolean | null;
  readonly setBy: string | null;
  /** ISO time. */
  readonly setAt: string | null;
  readonly secret: boolean;
}

export type LayerValues = Readonly<Record<string, LayerValue>>;

/** One layer as it takes part in a resolution. */
export interface LayerInput {
  readonly layer: Layer;
  readonly values: LayerValues;
}

/** The value that won, and the ones it beat, strongest first. */
export interface Resolved extends LayerValue {
  readonly layer: Layer;
  readonly beats: readonly (LayerValue & { readonly layer: Layer })[];
}

/**
 * Merges layers into one value for each key.
 * @param layers weakest first: shipped, global, model, sites from the root to the leaf, device
 */
export function resolveLayers(layers: readonly LayerInput[]): ReadonlyMap<string, Resolved> {
  const resolved = new Map<string, Resolved>();
  for (const { layer, values } of layers) {
    for (const key of Object.keys(values)) {
      const value = values[key];
      if (value === undefined) continue;
      const beaten = resolved.get(key);
      const beats = beaten ? [{ ...withoutBeats(beaten) }, ...beaten.beats] : [];
      resolved.set(key, { ...value, layer, beats });
    }
  }
  return resolved;
}

function withoutBeats(resolved: Resolved): LayerValue & { readonly layer: Layer } {
  const { value, setBy, setAt, secret, layer } = resolved;
  return { value, setBy, setAt, secret, layer };
}
