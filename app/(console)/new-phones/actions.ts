'use server';

import { z } from 'zod';
import { approveDevice } from '#lib/store/devices.ts';
import { type ActionReply, runAction } from '../../_server/action.ts';

const approval = z.strictObject({
  id: z.uuid(),
  model: z.string().max(128),
  site: z.string().max(64),
  label: z.string().trim().max(128),
});

export async function approvePhone(given: z.input<typeof approval>): Promise<ActionReply> {
  return runAction({ scope: 'write', input: approval }, given, ({ store }, { id, model, site, label }) =>
    approveDevice(store, id, {
      model,
      site,
      label: label === '' ? null : label,
    }),
  );
}
