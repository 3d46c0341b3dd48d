/** The database of a running installation: the one of DATABASE_URL, or an embedded one that is started again when it dies. */
import { setTimeout as delay } from 'node:timers/promises';
import { tryConnection } from '#lib/store/first-start.ts';
import {
  type EmbeddedPostgres,
  planEmbeddedPostgres,
  startEmbeddedPostgres,
} from '#lib/system/embedded-postgres.ts';
import type { Log } from '#lib/system/log.ts';
import type { BackOff } from './supervisor.ts';

export interface DatabaseKeeper {
  /** Known before the database runs; changes if its port was taken. */
  url(): string;
  /** Calls back when the address changed: whoever was told the old one has to be told again. */
  onMoved(listener: () => void): void;
  stop(): Promise<void>;
}

export interface KeeperOptions {
  readonly dataDir: string;
  readonly log: Log;
  readonly say: (line: string) => void;
  readonly backOff: BackOff;
}

export function externalDatabase(url: string): DatabaseKeeper {
  return { url: () => url, onMoved: () => undefined, stop: () => Promise.resolve() };
}

export async function keepEmbeddedDatabase(options: KeeperOptions): Promise<DatabaseKeeper> {
  let { url } = await planEmbeddedPostgres(options.dataDir);
  const listeners: (() => void)[] = [];
  const stopping = new AbortController();
  let server: EmbeddedPostgres | null = null;
  const running = keepRunning();

  async function keepRunning(): Promise<void> {
    let pauseMs = options.backOff.firstMs;
    while (!stopping.signal.aborted) {
      const problem = await runOnce();
      if (stopping.signal.aborted) return;
      options.say(`${problem}; trying again in ${pauseMs / 1000} s`);
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      pauseMs =
        problem === ENDED ? options.backOff.firstMs : Math.min(pauseMs * 2, options.backOff.largestMs);
    }
  }

  /** Says why it does not run any more. */
  async function runOnce(): Promise<string> {
    try {
      server = await startEmbeddedPostgres({ dataDir: options.dataDir, log: options.log });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    if (server.url !== url) {
      url = server.url;
      for (const listener of listeners) listener();
    }
    await server.exited;
    server = null;
    return ENDED;
  }

  return {
    url: () => url,
    onMoved: (listener) => void listeners.push(listener),
    async stop() {
      stopping.abort();
      await server?.stop();
      await running;
      await server?.stop();
    },
  };
}

const ENDED = 'The database ended';

/** Waits until the database answers, saying once that it waits; false when it was told to stop first. */
export async function untilReachable(
  database: DatabaseKeeper,
  options: { readonly say: (line: string) => void; readonly signal: AbortSignal },
): Promise<boolean> {
  let pauseMs = 50;
  let waitedMs = 0;
  while (!options.signal.aborted) {
    const problem = await tryConnection(database.url());
    if (problem === null) return true;
    const hasPatience = waitedMs < 3_000;
    waitedMs += pauseMs;
    if (hasPatience && waitedMs >= 3_000) options.say(`Waiting for the database (${problem}) ...`);
    await delay(pauseMs, undefined, { signal: options.signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, 5_000);
  }
  return false;
}
