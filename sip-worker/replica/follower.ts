/**
 * Keeps the replica in step with Postgres: a snapshot when there is none or the feed cannot be continued, then every
 * change within a second. It never gives up and never throws: without Postgres the replica goes on as it is.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Db, sqlState } from '#lib/store/client.ts';
import { readChanges, readEpoch, readSnapshot } from '#lib/store/feed.ts';
import { readInstallation } from '#lib/store/installation.ts';
import { backoffMs } from './backoff.ts';
import type { FollowStatus } from './live-view.ts';
import { describeScope, isSameScope, isWithin, sitesWithin, type WantedSites } from './site-scope.ts';
import { Sleeper } from './sleeper.ts';
import type { Replica } from './store.ts';
import type { ReplicaChange } from './writer.ts';

export interface FollowerOptions {
  readonly db: Db;
  readonly replica: Replica;
  /** Check value of our secret key. A database that was sealed with another is never followed. */
  readonly keyCheck: string;
  readonly onOtherKey: () => void;
  readonly sites: WantedSites;
  /** `listenToFeed` bound to the database's URL; wakes are a hurry-up, polling alone is correct. */
  readonly listen: (onWake: () => void) => { close(): Promise<void> };
  readonly log: FollowerLog;
  readonly pollMs?: number;
  readonly random?: () => number;
  /** Called whenever following begins, or begins again. */
  readonly onLive?: () => void;
  /** Called after changes became what phones get. */
  readonly onApplied?: () => void;
}

export interface FollowerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

const POLL_MS = 1000;
const CHANGES_PER_READ = 500;
const READ_TIMEOUT_MS = 30_000;
const SNAPSHOT_TIMEOUT_MS = 15 * 60_000;
/** Damage that a fresh snapshot did not mend is in Postgres; asking without end would mend nothing. */
const BETWEEN_REPAIRS_MS = 60_000;

export class Follower {
  readonly #options: FollowerOptions;
  readonly #sleeper = new Sleeper();
  readonly #listener: { close(): Promise<void> };
  readonly #running: Promise<void>;
  #isStopping = false;
  #status: FollowStatus = { isLive: false, reason: 'the database has not answered yet', followedAt: null };
  #repairedAt = Number.NEGATIVE_INFINITY;
  /** The epoch whose key was checked. */
  #knownEpoch: string | null = null;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#listener = options.listen(() => this.#sleeper.wake());
    this.#running = this.#run();
  }

  status(): FollowStatus {
    return this.#status;
  }

  async close(): Promise<void> {
    this.#isStopping = true;
    this.#sleeper.wake();
    await Promise.all([this.#listener.close(), this.#running]);
  }

  async #run(): Promise<void> {
    const { pollMs = POLL_MS, random = Math.random } = this.#options;
    let failures = 0;
    while (!this.#isStopping) {
      try {
        const hasMore = await this.#exchange();
        failures = 0;
        this.#setLive();
        if (!hasMore) await this.#sleeper.sleep(pollMs);
      } catch (error) {
        failures += 1;
        this.#setDegraded(error);
        await this.#sleeper.sleep(backoffMs(failures, random()));
      }
    }
  }

  /** True when the feed holds more than was read. */
  async #exchange(): Promise<boolean> {
    const { db, replica } = this.#options;
    const epoch = await withTimeout(readEpoch(db), READ_TIMEOUT_MS);
    await this.#checkKey(epoch);
    const why = this.#whySnapshot(epoch);
    if (why !== null) return this.#takeSnapshot(why);
    const { state } = replica;
    if (state === null) return true;
    const read = await withTimeout(
      readChanges(db, state.cursor, {
        knownAddresses: (address) => replica.hasArtifact(address),
        appliedAbove: state.appliedAbove,
        limit: CHANGES_PER_READ,
      }),
      READ_TIMEOUT_MS,
    );
    if (this.#isStopping) return false;
    if (read.kind === 'snapshot-needed') return this.#takeSnapshot(read.reason);
    const change = this.#withinScope(read);
    if (change === null) return this.#takeSnapshot('the sites that this worker follows have changed');
    const { cursor, appliedAbove, more } = read;
    replica.apply({ ...change, state: { ...state, cursor, appliedAbove } });
    if (cursor !== state.cursor || change.upserts.length > 0) this.#options.onApplied?.();
    return more;
  }

  /** What leaves the followed sites is a removal. Null when the sites themselves have moved: then anything may be missing. */
  #withinScope({
    upserts,
    removals,
  }: Pick<ReplicaChange, 'upserts' | 'removals'>): Omit<ReplicaChange, 'state'> | null {
    const { replica, sites: wanted } = this.#options;
    if (wanted === null) return { upserts, removals };
    const before = replica.lookups.sites();
    const after = new Map(before.map((site) => [site.id, site]));
    for (const entity of upserts) if (entity.kind === 'site') after.set(entity.key, entity.value);
    for (const { kind, key } of removals) if (kind === 'site') after.delete(key);
    const within = sitesWithin([...after.values()], wanted);
    if (!isSameScope(sitesWithin(before, wanted), within)) return null;
    const left = upserts.filter((entity) => !isWithin(entity, within));
    return {
      upserts: upserts.filter((entity) => isWithin(entity, within)),
      removals: [...removals, ...left.map(({ kind, key }) => ({ kind, key }))],
    };
  }

  async #checkKey(epoch: string): Promise<void> {
    if (this.#knownEpoch === epoch) return;
    const { db, keyCheck, onOtherKey } = this.#options;
    const installation = await withTimeout(readInstallation(db), READ_TIMEOUT_MS);
    if (installation === null) throw new Unready('the database is not set up yet');
    if (installation.keyCheck !== keyCheck) {
      onOtherKey();
      throw new Unready('the database was sealed with another secret key');
    }
    this.#knownEpoch = epoch;
  }

  #whySnapshot(epoch: string): string | null {
    const { state, damage } = this.#options.replica;
    if (state === null) return 'there is none yet';
    if (state.epoch !== epoch) return 'the database is another one or was restored';
    if (state.scope !== describeScope(this.#options.sites)) return 'it was made for other sites';
    const isDue = performance.now() - this.#repairedAt > BETWEEN_REPAIRS_MS;
    if (damage === null || !isDue) return null;
    this.#repairedAt = performance.now();
    return damage;
  }

  async #takeSnapshot(reason: string): Promise<boolean> {
    const { db, replica, log, sites } = this.#options;
    const startedAt = performance.now();
    const draft = replica.startSnapshot();
    try {
      const reading = readSnapshot(db, async (batch) => {
        if (this.#isStopping) throw new Error('stopping');
        const within = sitesWithin(draft.lookups.sites(), sites);
        draft.add(batch.filter((entity) => isWithin(entity, within)));
        // Phones that wait are answered between two batches.
        await nextTurn();
      });
      const { epoch, cursor, appliedAbove, entities } = await withTimeout(reading, SNAPSHOT_TIMEOUT_MS);
      const snapshotAt = new Date().toISOString();
      replica.replaceBy(draft, { epoch, cursor, appliedAbove, scope: describeScope(sites), snapshotAt });
      const durationMs = Math.round(performance.now() - startedAt);
      log.info({ reason, entities, devices: replica.lookups.devices, durationMs }, 'took a snapshot');
    } finally {
      draft.discard();
    }
    return true;
  }

  #setLive(): void {
    const wasLive = this.#status.isLive;
    this.#status = { isLive: true, reason: null, followedAt: new Date().toISOString() };
    if (wasLive) return;
    this.#options.log.info({}, 'following the database');
    this.#options.onLive?.();
  }

  #setDegraded(error: unknown): void {
    if (this.#isStopping) return;
    const reason = describeFailure(error);
    if (this.#status.isLive || this.#status.reason !== reason)
      this.#options.log.warn({ err: error, reason }, 'serving what was last published');
    this.#status = { isLive: false, reason, followedAt: this.#status.followedAt };
  }
}

/** A connection that neither answers nor breaks would otherwise hold the loop for ever. */
async function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** The database answers, and what it says is no error but a state to wait out. */
class Unready extends Error {
  override name = 'Unready';
}

const SQLITE_FULL = 13;

function describeFailure(error: unknown): string {
  if (error instanceof Unready) return error.message;
  if (sqlState(error) !== null) return 'the database is not set up yet, or of another version';
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : null;
  if (code === SQLITE_FULL) return 'the disk is full';
  return code === null ? 'the database is unreachable' : 'the replica cannot be written';
}
