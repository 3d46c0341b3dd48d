'use server';

import { z } from 'zod';
import { modelSlug, oneLine, reference } from '#lib/domain/input-text.ts';
import { approveDevice } from '#lib/store/devices.ts';
import { type ActionReply, runAction } from '../../_server/action.ts';

const approval = z.strictObject({
  id: z.uuid(),
  model: modelSlug,
  site: reference,
  label: oneLine(128),
});

export async function approvePhone(given: z.input<typeof approval>): Promise<ActionReply> {
  return runAction({ scope: 'write', input: approval }, given, ({ store }, { id, model, site, label }) =>
    approveDevice(store, id, {
      model,
      site,
      label: label.trim() === '' ? null : label.trim(),
    }),
  );
}
