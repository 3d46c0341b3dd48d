import { z } from 'zod';
import { type InputReading, readInput } from './input-problem.ts';
import {
  externalId,
  name,
  network,
  publicBase,
  reference,
  slug,
  time,
  uuid,
  vendorSlug,
} from './input-text.ts';
import { parametersSchema, variablesSchema } from './setting-input.ts';
import { SITE_KINDS } from './site.ts';

const shape = {
  slug: slug.optional(),
  name: name(128).optional(),
  kind: z.enum(SITE_KINDS).optional(),
  /** Slug or id; null: a root site. */
  parent: reference.nullable().optional(),
  externalId: externalId.nullable().optional(),
  networks: z.array(network).max(256).nullable().optional(),
  defaultRegistrar: uuid.nullable().optional(),
  publicBase: publicBase.nullable().optional(),
  commonFilesFor: vendorSlug.nullable().optional(),
  enrolmentUntil: time.nullable().optional(),
  variables: variablesSchema.nullable().optional(),
  /** By vendor slug. */
  vendorParameters: z.record(vendorSlug, parametersSchema.nullable()).nullable().optional(),
};

/** The body of POST and PATCH; absent stays, null clears. */
export const siteInputSchema = z.strictObject(shape);
export type SiteInput = z.output<typeof siteInputSchema>;

const READ_ONLY = {
  '': [
    'id',
    'rootId',
    'parentId',
    'path',
    'defaultRegistrarId',
    'bootstrapCode',
    'reportedBase',
    'effectiveBase',
    'secrets',
    'devices',
    'version',
    'createdAt',
    'updatedAt',
  ],
};

export function parseSiteInput(body: unknown): InputReading<SiteInput> {
  return readInput(
    { schema: siteInputSchema, members: { '': Object.keys(shape) }, readOnly: READ_ONLY },
    body,
  );
}
