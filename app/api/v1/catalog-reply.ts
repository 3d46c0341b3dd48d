import type { Effect } from '#lib/store/effect.ts';
import { jsonReply } from '../../_server/reply.ts';

interface Changed {
  readonly effect: Effect;
  readonly version: number;
  readonly status?: number;
  readonly location?: string;
}

/**
 * A thing that devices are made from, as it is now, and what its change does to them. Many devices are published by a
 * job, and the reply is 202 with that job.
 */
export function catalogReply(
  document: object,
  { effect, version, status = 200, location }: Changed,
): Response {
  const isJob = effect.job !== null && status === 200;
  return jsonReply(
    { ...document, effect },
    {
      status: isJob ? 202 : status,
      version,
      location: location ?? (isJob ? jobPath(effect) : undefined),
    },
  );
}

/** What is gone has no version. */
export function deletedReply(effect: Effect): Response {
  const status = effect.job === null ? 200 : 202;
  return jsonReply({ effect }, { status, location: effect.job === null ? undefined : jobPath(effect) });
}

function jobPath(effect: Effect): string {
  return `/api/v1/jobs/${effect.job?.id}`;
}
