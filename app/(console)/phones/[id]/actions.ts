'use server';

import { z } from 'zod';
import { resumeDevice, suspendDevice } from '#lib/store/devices.ts';
import { type ActionReply, runAction } from '../../../_server/action.ts';

const versioned = z.strictObject({ id: z.uuid(), version: z.int() });
type Versioned = z.input<typeof versioned>;

export async function suspendPhone(given: Versioned): Promise<ActionReply> {
  return runAction({ scope: 'write', input: versioned }, given, ({ store }, { id, version }) =>
    suspendDevice(store, id, { version }),
  );
}

export async function resumePhone(given: Versioned): Promise<ActionReply> {
  return runAction({ scope: 'write', input: versioned }, given, ({ store }, { id, version }) =>
    resumeDevice(store, id, { version }),
  );
}
