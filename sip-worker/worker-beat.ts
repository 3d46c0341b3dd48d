import { networkInterfaces } from 'node:os';
import type { WorkerBeat } from '#lib/store/workers.ts';
import type { PhoneSide } from './phone-side.ts';
import type { Replica } from './replica/store.ts';
import type { ReplicaView } from './replica/view.ts';
import type { WorkerIdentity } from './worker-identity.ts';

export interface BeatFacts {
  readonly identity: WorkerIdentity;
  readonly view: ReplicaView;
  readonly replica: Replica;
  readonly phones: PhoneSide | null;
  readonly publicBase: string | null;
  /** PROVOST_SIP_INTERFACES: where phones are; null: everywhere. */
  readonly sipInterfaces: readonly string[] | null;
}

/** What this worker says of itself to the database. */
export function describeWorker(facts: BeatFacts): WorkerBeat {
  const { identity, view, replica, phones, publicBase, sipInterfaces } = facts;
  return {
    ...identity,
    mode: view.status().mode,
    cursor: replica.state?.cursor ?? null,
    appliedAbove: [...(replica.state?.appliedAbove ?? [])],
    interfaces: listInterfaces(phones, sipInterfaces),
    ports: phones?.ports ?? {},
    publicBase,
  };
}

function listInterfaces(
  phones: PhoneSide | null,
  wanted: BeatFacts['sipInterfaces'],
): WorkerBeat['interfaces'] {
  const joined = new Map(phones?.pnpStatus()?.interfaces.map((entry) => [entry.address, entry]));
  const entries = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? []).map((entry) => ({ ...entry, name })),
  );
  return entries
    .filter((entry) => entry.family === 'IPv4')
    .filter(({ name, address }) => wanted === null || wanted.includes(name) || wanted.includes(address))
    .map(({ name, address, cidr }) => {
      const pnp = joined.get(address);
      const at = pnp?.lastSubscribeAt ?? null;
      return {
        name,
        address,
        network: cidr ?? `${address}/32`,
        base: `http://${address}:${phones?.ports.http ?? 80}`,
        joined: pnp?.joined ?? false,
        lastSubscribeAt: at === null ? null : new Date(at).toISOString(),
      };
    });
}
