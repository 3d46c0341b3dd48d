import { Gauge, type Registry } from 'prom-client';
import type { Spool } from './events/spool.ts';
import type { ReplicaView } from './replica/view.ts';

/** Numbers that are read when somebody looks. */
export function watchWorker(
  registry: Registry,
  { view, spool }: { readonly view: ReplicaView; readonly spool: Spool },
): void {
  const watch = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  watch('provost_replica_live', '1 while the replica follows the database', () =>
    view.status().mode === 'live' ? 1 : 0,
  );
  watch('provost_replica_devices', 'Devices in the replica', () => view.status().devices);
  watch('provost_snapshot_age_seconds', 'Time since the last exchange with the database', () => ageSec(view));
  watch('provost_spool_bytes', 'Events that wait for the database', () => spool.bytes);
  watch('provost_spool_dropped_total', 'Events that found no room', () => spool.dropped);
}

function ageSec(view: ReplicaView): number {
  const { followedAt } = view.status();
  return followedAt === null ? Number.NaN : Math.max(0, (Date.now() - Date.parse(followedAt)) / 1000);
}
