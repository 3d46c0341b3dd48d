/** Publishes what is behind: devices and common files that a change of the catalog or of themselves has left old. */
import type { PublishContext } from '#lib/store/context.ts';
import { sweep } from '#lib/store/sweep.ts';
import { Repeater, type RepeaterLog } from './repeater.ts';

const BETWEEN_SWEEPS_MS = 2_000;
/** How often people see a running job move. */
const BETWEEN_COUNTS_MS = 1_000;

/** Sweeps until nothing is left, then when woken and every two seconds. */
export function startSweeper(publish: PublishContext, log: RepeaterLog): Repeater {
  let countedAt = Number.NEGATIVE_INFINITY;
  const sweepOnce = async (): Promise<boolean> => {
    const countsJobs = performance.now() - countedAt >= BETWEEN_COUNTS_MS;
    if (countsJobs) countedAt = performance.now();
    return (await sweep(publish, { countsJobs })).more;
  };
  return new Repeater({
    name: 'sweep',
    everyMs: BETWEEN_SWEEPS_MS,
    log,
    work: async (isStopping) => {
      for (let more = true; more && !isStopping(); ) more = await sweepOnce();
    },
  });
}
