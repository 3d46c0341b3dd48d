import { countDevices } from '#lib/store/devices.ts';
import { listWorkers } from '#lib/store/workers.ts';
import type { Liveness } from '../../components/frame/live-pill.tsx';
import type { Counts } from '../../components/frame/navigation.tsx';
import { requireUser } from '../_server/session.ts';
import { describeLiveness } from './liveness.ts';

interface Frame {
  readonly counts: Counts;
  readonly liveness: Liveness;
  readonly email: string;
}

export async function readFrame(): Promise<Frame> {
  const { store, actor } = await requireUser();
  const [counts, workers] = await Promise.all([countDevices(store, {}), listWorkers(store)]);
  return {
    counts: {
      phones: counts.active + counts.suspended,
      newPhones: counts.discovered,
    },
    liveness: describeLiveness(workers, Date.now()),
    email: actor.name,
  };
}
