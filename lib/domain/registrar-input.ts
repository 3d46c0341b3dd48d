import { z } from 'zod';
import { transportSchema } from './account.ts';
import { type InputReading, readInput } from './input-problem.ts';
import { externalId, host, name, port, reference } from './input-text.ts';

const shape = {
  site: reference.optional(),
  name: name(128).optional(),
  host: host.optional(),
  /** Null: looked up by SRV. */
  port: port.nullable().optional(),
  transport: transportSchema.optional(),
  secondHost: host.nullable().optional(),
  secondPort: port.nullable().optional(),
  outboundProxy: host.nullable().optional(),
  outboundPort: port.nullable().optional(),
  expiresSec: z.int().min(30).max(604_800).optional(),
  srtp: z.enum(['off', 'optional', 'required']).optional(),
  externalId: externalId.nullable().optional(),
};

/** The body of POST and PATCH; absent stays, null clears. */
export const registrarInputSchema = z.strictObject(shape);
export type RegistrarInput = z.output<typeof registrarInputSchema>;

const READ_ONLY = { '': ['id', 'siteId', 'version', 'createdAt', 'updatedAt'] };

export function parseRegistrarInput(body: unknown): InputReading<RegistrarInput> {
  const members = { '': Object.keys(shape) };
  return readInput({ schema: registrarInputSchema, members, readOnly: READ_ONLY }, body);
}
