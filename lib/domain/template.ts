import { z } from 'zod';

export const TEMPLATE_KINDS = ['cfg', 'boot'] as const;

/**
 * A named file with a body in Liquid, scoped by vendor, models and site.
 * `version` counts the published bodies; drafts never reach compile.
 */
export interface Template {
  readonly id: string;
  /** `y000000000000.boot`, `{mac}.boot`, `y000000000000.cfg`, `{mac}.cfg`, `time.cfg`. */
  readonly name: string;
  readonly kind: (typeof TEMPLATE_KINDS)[number];
  readonly vendor: string;
  /** Model slugs; empty: every model of the vendor. */
  readonly models: readonly string[];
  /** Null: every site. */
  readonly siteId: string | null;
  readonly mode: 'merge' | 'replace';
  readonly body: string;
  readonly version: number;
  /** Shipped with the vendor library; read-only, weaker than anything of the same scope. */
  readonly shipped: boolean;
}

/** A file name that a phone can ask for: no folders, no traversal. `{mac}` stands for the device's MAC. */
export const templateNameSchema = z
  .string()
  .regex(
    /^(?:\{mac\}|[A-Za-z0-9_-]+)(?:\.[A-Za-z0-9_-]+)*$/,
    'a plain file name such as {mac}.cfg or time.cfg',
  )
  .max(64);

export function isDeviceTemplate(template: { readonly name: string }): boolean {
  return template.name.includes('{mac}');
}
