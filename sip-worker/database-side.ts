/** Everything that talks to Postgres. Phones are served without it. */
import { createCompiler } from '#lib/compiler/pool.ts';
import { openDatabase } from '#lib/store/client.ts';
import { listenToFeed } from '#lib/store/feed-listener.ts';
import type { WorkerBeat } from '#lib/store/workers.ts';
import type { Role } from '#lib/system/env.ts';
import type { Log } from '#lib/system/log.ts';
import type { Vault } from '#lib/system/secrets.ts';
import { Discoveries } from './events/discoveries.ts';
import { Shipper } from './events/shipper.ts';
import type { Spool } from './events/spool.ts';
import { startHeartbeat } from './jobs/heartbeat.ts';
import type { Repeater } from './jobs/repeater.ts';
import { startSweeper } from './jobs/sweeper.ts';
import { startUpkeep } from './jobs/upkeep.ts';
import type { UnknownPhone } from './pnp/rule-policy.ts';
import { Follower } from './replica/follower.ts';
import type { FollowStatus } from './replica/live-view.ts';
import type { Replica } from './replica/store.ts';

export interface DatabaseSideOptions {
  readonly url: string;
  readonly roles: ReadonlySet<Role>;
  readonly sites: readonly string[] | null;
  readonly vault: Vault;
  readonly replica: Replica;
  readonly spool: Spool;
  readonly worker: string;
  readonly log: Log;
  readonly describe: () => WorkerBeat;
  /** The database was sealed with another secret key. */
  readonly onOtherKey: () => void;
}

export interface DatabaseSide {
  status(): FollowStatus;
  /** There are new events in the spool. */
  shipSoon(): void;
  addUnknown(phone: UnknownPhone): void;
  /** Sends what is in the spool, if Postgres takes it in time. */
  close(flushMs: number): Promise<void>;
}

const CONNECTIONS = 6;

export function startDatabaseSide(options: DatabaseSideOptions): DatabaseSide {
  const { url, vault, replica, spool, worker, log } = options;
  const { db, close } = openDatabase(url, { connections: CONNECTIONS });
  const compiler = createCompiler();
  const publish = { db, vault, compiler };
  let jobs: Jobs | null = null;
  const shipper = new Shipper({ db, spool, log });
  const discoveries = new Discoveries({ publish, worker, log, add: (event) => spool.add(event) });
  const follower = new Follower({
    db,
    replica,
    keyCheck: vault.checkValue(),
    onOtherKey: options.onOtherKey,
    sites: options.sites,
    listen: (onWake) =>
      listenToFeed(url, () => {
        onWake();
        jobs?.sweeper?.wake();
      }),
    log,
    onApplied: () => jobs?.beat.wake(),
    onLive: () => {
      jobs ??= startJobs(options, publish);
      shipper.wake();
    },
  });
  return {
    status: () => follower.status(),
    shipSoon: () => shipper.wake(),
    addUnknown: (phone) => discoveries.add(phone),
    async close(flushMs) {
      await Promise.all([
        follower.close(),
        discoveries.close(),
        ...(jobs?.all.map((job) => job.close()) ?? []),
      ]);
      await shipper.close(flushMs);
      await compiler.close();
      await close();
    },
  };
}

interface Jobs {
  /** Tells at once how far the replica is: the console shows which revision phones get. */
  readonly beat: Repeater;
  readonly sweeper: Repeater | null;
  readonly all: readonly Repeater[];
}

/** Not before the database is there and ours: until then they could only fail. */
function startJobs(
  { roles, log, describe }: DatabaseSideOptions,
  publish: Parameters<typeof startSweeper>[0],
): Jobs {
  const beat = startHeartbeat(publish, { describe, log });
  if (!roles.has('jobs')) return { beat, sweeper: null, all: [beat] };
  const sweeper = startSweeper(publish, log);
  return { beat, sweeper, all: [beat, sweeper, startUpkeep(publish.db, log)] };
}
