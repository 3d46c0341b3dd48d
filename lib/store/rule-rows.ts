import { z } from 'zod';
import type { ProfileRule, RuleMatch } from '#lib/domain/rule.ts';

export interface RuleRow {
  readonly id: string;
  readonly name: string;
  readonly order: number;
  readonly enabled: boolean;
  readonly match: unknown;
  readonly url: string | null;
  readonly unknown: string;
  readonly siteId: string | null;
  readonly modelSlug: string | null;
  readonly version: number;
}

const matchSchema = z.strictObject({
  vendor: z.string().optional(),
  model: z.string().optional(),
  firmware: z.string().optional(),
  macPrefix: z.string().optional(),
  network: z.string().optional(),
  site: z.string().optional(),
  tag: z.string().optional(),
  known: z.boolean().optional(),
});

export function toRule(row: RuleRow): ProfileRule {
  const { id, name, order, url, siteId, version } = row;
  const match = matchSchema.safeParse(row.match);
  const parsed = match.success ? match.data : null;
  return {
    ...{ id, name, order, url, siteId, version },
    // A rule whose conditions cannot be read must match nothing, rather than everything.
    enabled: row.enabled && parsed !== null,
    match: dropUndefined(parsed ?? {}),
    unknown: row.unknown === 'discover' || row.unknown === 'add' ? row.unknown : 'ignore',
    model: row.modelSlug,
  };
}

function dropUndefined(match: z.output<typeof matchSchema>): RuleMatch {
  return Object.fromEntries(Object.entries(match).filter(([, value]) => value !== undefined));
}
