import { z } from 'zod';
import { transportSchema } from './account.ts';
import { DEVICE_STATES, KEY_TYPES } from './device.ts';
import { type InputReading, readInput } from './input-problem.ts';
import { externalId, host, modelSlug, name, oneLine, port, reference, tag, uuid } from './input-text.ts';
import { parametersSchema, variablesSchema } from './setting-input.ts';

const lineShape = {
  index: z.int().min(1).max(64),
  enabled: z.boolean().optional(),
  label: oneLine(64).nullable().optional(),
  /** Id of an account that exists; null takes the line's account away. */
  account: uuid.nullable().optional(),
  displayName: oneLine(128).nullable().optional(),
  userName: name(128)
    .refine((text) => !/[\s<>"]/.test(text), 'must not contain blanks, quotes or angle brackets')
    .nullable()
    .optional(),
  authName: name(128).nullable().optional(),
  password: oneLine(256).nullable().optional(),
  voicemail: oneLine(64).nullable().optional(),
  sipServer: host.nullable().optional(),
  /** Null: looked up by SRV. */
  sipPort: port.nullable().optional(),
  transport: transportSchema.nullable().optional(),
};

const keyShape = {
  module: z.int().min(0).max(8).optional(),
  index: z.int().min(1).max(512),
  type: z.enum(KEY_TYPES).optional(),
  line: z.int().min(1).max(64).nullable().optional(),
  value: oneLine(255).nullable().optional(),
  label: oneLine(64).nullable().optional(),
  pickupValue: oneLine(64).nullable().optional(),
};

const moduleShape = { index: z.int().min(1).max(8), name: name(64) };

const shape = {
  /** Null, as replies show it, only for a phone that was listed without one. */
  model: modelSlug.nullable().optional(),
  site: reference.optional(),
  state: z.enum(DEVICE_STATES).optional(),
  serial: oneLine(64).nullable().optional(),
  label: oneLine(128).nullable().optional(),
  person: oneLine(128).nullable().optional(),
  location: oneLine(128).nullable().optional(),
  lines: z
    .array(z.strictObject(lineShape))
    .max(64)
    .superRefine((lines, context) => refuseDoubles(lines, 'index', context))
    .nullable()
    .optional(),
  modules: z
    .array(z.strictObject(moduleShape))
    .max(8)
    .superRefine((modules, context) => refuseDoubles(modules, 'index', context))
    .nullable()
    .optional(),
  keys: z
    .array(z.strictObject(keyShape))
    .max(1024)
    .superRefine((keys, context) => refuseDoubles(keys, 'index', context))
    .nullable()
    .optional(),
  variables: variablesSchema.nullable().optional(),
  parameters: parametersSchema.nullable().optional(),
  tags: z.array(tag).max(64).nullable().optional(),
  externalId: externalId.nullable().optional(),
};

/**
 * The body of `PUT /devices/by-mac/{mac}` and `PATCH /devices/{id}`. An absent member stays as it is, null or []
 * clears it. A list that is given is the whole list: its elements are matched by index (keys: module and index), one
 * that is absent is removed, an absent member of a matched one stays.
 */
export const deviceInputSchema = z.strictObject(shape);

export type DeviceInput = z.output<typeof deviceInputSchema>;
export type LineInput = z.output<z.ZodObject<typeof lineShape>>;
export type KeyInput = z.output<z.ZodObject<typeof keyShape>>;
export type ModuleInput = z.output<z.ZodObject<typeof moduleShape>>;

const MEMBERS = {
  '': Object.keys(shape),
  lines: Object.keys(lineShape),
  keys: Object.keys(keyShape),
  modules: Object.keys(moduleShape),
};

/** What replies show and a body may repeat. */
const READ_ONLY = {
  '': [
    'id',
    'mac',
    'vendor',
    'modelName',
    'siteId',
    'siteName',
    'version',
    'revision',
    'publication',
    'behind',
    'stage',
    'secrets',
    'servedRevision',
    'fetchedRevision',
    'fetchedAt',
    'lastSeenAt',
    'lastSeenAddress',
    'firmware',
    'recognised',
    'publishedAt',
    'createdAt',
    'updatedAt',
  ],
  lines: ['hasPassword', 'shared'],
};

export function parseDeviceInput(body: unknown): InputReading<DeviceInput> {
  return readInput({ schema: deviceInputSchema, members: MEMBERS, readOnly: READ_ONLY }, body);
}

function refuseDoubles(
  elements: readonly { readonly module?: number; readonly index: number }[],
  member: string,
  context: z.RefinementCtx,
): void {
  const seen = new Set<string>();
  for (const [at, element] of elements.entries()) {
    const place = `${element.module ?? 0}/${element.index}`;
    if (seen.has(place))
      context.addIssue({
        code: 'custom',
        path: [at, member],
        message: `index ${element.index} is there twice`,
      });
    seen.add(place);
  }
}
