/** Sends the spool to Postgres in batches; without Postgres it waits, and phones notice nothing. */
import type { PhoneEvent } from '#lib/domain/event.ts';
import type { Db } from '#lib/store/client.ts';
import { recordEvents } from '#lib/store/events.ts';
import { readEpoch } from '#lib/store/feed.ts';
import { backoffMs } from '../replica/backoff.ts';
import { Sleeper } from '../replica/sleeper.ts';
import type { Batch, Spool } from './spool.ts';

export interface ShipperOptions {
  readonly db: Db;
  readonly spool: Spool;
  readonly log: { warn(fields: object, message: string): void };
  readonly random?: () => number;
}

/** Events wait this long for company, so that a boot of a phone is one write and not ten. */
const GATHER_MS = 200;
const BATCH_EVENTS = 500;

export class Shipper {
  readonly #options: ShipperOptions;
  readonly #sleeper = new Sleeper();
  /** Apart, because new events are no reason to ask a database again that is away. */
  readonly #backoff = new Sleeper();
  readonly #running: Promise<void>;
  #isStopping = false;
  #refused = 0;

  constructor(options: ShipperOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Events that Postgres would not take while it was well; they are logged and let go. */
  get refused(): number {
    return this.#refused;
  }

  /** Something was added. */
  wake(): void {
    this.#sleeper.wake();
  }

  /** Sends what is there, if Postgres takes it within `flushMs`; the rest stays in the spool for the next start. */
  async close(flushMs: number): Promise<void> {
    this.#isStopping = true;
    this.#sleeper.wake();
    this.#backoff.wake();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, flushMs);
    });
    await Promise.race([this.#running, deadline]);
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    const { log, random = Math.random } = this.#options;
    let failures = 0;
    for (;;) {
      // What was added before the end was asked for is looked at once more after it.
      const isLast = this.#isStopping;
      try {
        await this.#sendAll();
        failures = 0;
        if (isLast) return;
        await this.#sleeper.sleep(60_000);
        if (!this.#isStopping) await this.#sleepGathering();
      } catch (error) {
        failures += 1;
        if (failures === 1) log.warn({ err: error }, 'events wait in the spool');
        if (isLast) return;
        await this.#backoff.sleep(backoffMs(failures, random()));
      }
    }
  }

  /** Wakes do not shorten this sleep: they are what it gathers. */
  #sleepGathering(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, GATHER_MS));
  }

  async #sendAll(): Promise<void> {
    for (
      let batch = this.#options.spool.read(BATCH_EVENTS);
      batch;
      batch = this.#options.spool.read(BATCH_EVENTS)
    ) {
      await this.#send(batch);
      batch.release();
    }
  }

  async #send(batch: Batch): Promise<void> {
    try {
      await recordEvents(this.#options.db, batch.events);
    } catch (error) {
      // An unreachable database throws here too, and the batch stays.
      await readEpoch(this.#options.db);
      await this.#sendOneByOne(batch.events, error);
    }
  }

  /** One event that Postgres refuses must not hold back all others for ever. */
  async #sendOneByOne(events: readonly PhoneEvent[], cause: unknown): Promise<void> {
    const { db, log } = this.#options;
    for (const event of events) {
      try {
        await recordEvents(db, [event]);
      } catch (error) {
        await readEpoch(db);
        this.#refused += 1;
        log.warn({ err: error, cause, event }, 'an event was refused and let go');
      }
    }
  }
}
