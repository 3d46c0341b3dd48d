import { z } from 'zod';
import { type InputReading, readInput } from './input-problem.ts';
import { modelSlug, reference, vendorSlug } from './input-text.ts';
import { TEMPLATE_KINDS, templateNameSchema } from './template.ts';

const LONGEST_BODY = 256 * 1024;

const shape = {
  name: templateNameSchema.optional(),
  kind: z.enum(TEMPLATE_KINDS).optional(),
  vendor: vendorSlug.optional(),
  models: z.array(modelSlug).max(256).nullable().optional(),
  /** Slug or id; null: every site. */
  site: reference.nullable().optional(),
  mode: z.enum(['merge', 'replace']).optional(),
  body: z
    .string()
    .max(LONGEST_BODY, `must have at most ${LONGEST_BODY} characters`)
    .refine((text) => !text.includes('\0'), 'must not contain a NUL character')
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode')
    .transform((text) => text.replaceAll('\r\n', '\n'))
    .optional(),
};

/** The body of POST and PATCH; absent stays, null clears. */
export const templateInputSchema = z.strictObject(shape);
export type TemplateInput = z.output<typeof templateInputSchema>;

const READ_ONLY = {
  '': ['id', 'siteId', 'draft', 'publishedVersion', 'shipped', 'version', 'createdAt', 'updatedAt'],
};

export function parseTemplateInput(body: unknown): InputReading<TemplateInput> {
  const members = { '': Object.keys(shape) };
  return readInput({ schema: templateInputSchema, members, readOnly: READ_ONLY }, body);
}
