import { z } from 'zod';
import { type InputReading, readInput } from './input-problem.ts';
import { modelSlug, name, network, oneLine, reference, tag, vendorSlug } from './input-text.ts';
import { checkStartUrl, describeStartUrlRefusal, expandRuleUrl } from './start-url.ts';

const matchShape = {
  vendor: vendorSlug.optional(),
  model: modelSlug.optional(),
  /** `>=0.6.0 <0.8`: comparisons on dotted numbers, all of which must hold. */
  firmware: z
    .string()
    .max(64)
    .regex(/^(?:>=|<=|>|<|=)?\d+(?:\.\d+)*(?: (?:>=|<=|>|<|=)?\d+(?:\.\d+)*)*$/, 'must be like >=0.6.0 <0.8')
    .optional(),
  macPrefix: z
    .string()
    .max(17)
    .transform((text) => text.toLowerCase().replace(/[:.\- ]/g, ''))
    .pipe(z.string().regex(/^[0-9a-f]{1,12}$/, 'must be 1 to 12 hexadecimal digits'))
    .optional(),
  network: network.optional(),
  /** Slug or id. */
  site: reference.optional(),
  tag: tag.optional(),
  known: z.boolean().optional(),
};

const shape = {
  name: name(128).optional(),
  order: z.int().min(0).max(1_000_000).optional(),
  enabled: z.boolean().optional(),
  match: z.strictObject(matchShape).optional(),
  url: oneLine(384)
    .superRefine((url, context) => {
      const message = refuseUrl(url);
      if (message !== null) context.addIssue({ code: 'custom', message });
    })
    .nullable()
    .optional(),
  unknown: z.enum(['ignore', 'discover', 'add']).optional(),
  site: reference.nullable().optional(),
  model: modelSlug.nullable().optional(),
};

/** The body of POST and PATCH; absent stays, null clears. `match` is replaced as a whole. */
export const ruleInputSchema = z.strictObject(shape);
export type RuleInput = z.output<typeof ruleInputSchema>;

const READ_ONLY = { '': ['id', 'siteId', 'shipped', 'version', 'createdAt', 'updatedAt'] };

export function parseRuleInput(body: unknown): InputReading<RuleInput> {
  const members = { '': Object.keys(shape), match: Object.keys(matchShape) };
  return readInput({ schema: ruleInputSchema, members, readOnly: READ_ONLY }, body);
}

const SAMPLE = {
  start: 'http://192.0.2.1:8080/d/abc/',
  base: 'http://192.0.2.1:8080',
  host: '192.0.2.1',
  token: 'abc',
};

/** A rule's URL is tried on sample values, so that a bad macro or scheme is refused before a phone asks. */
function refuseUrl(url: string): string | null {
  const expanded = expandRuleUrl(url, SAMPLE);
  const checked = expanded.ok ? checkStartUrl(expanded.value) : expanded;
  return checked.ok ? null : describeStartUrlRefusal(checked.reason, checked.at);
}
