import type { PublishContext } from '#lib/store/context.ts';
import { heartbeat, type WorkerBeat } from '#lib/store/workers.ts';
import { Repeater, type RepeaterLog } from './repeater.ts';

const BETWEEN_BEATS_MS = 5_000;

/** Says that this worker lives, where phones reach it, and how far its replica is. */
export function startHeartbeat(
  publish: PublishContext,
  { describe, log }: { readonly describe: () => WorkerBeat; readonly log: RepeaterLog },
): Repeater {
  return new Repeater({
    name: 'heartbeat',
    everyMs: BETWEEN_BEATS_MS,
    log,
    work: () => heartbeat(publish, describe()),
  });
}
