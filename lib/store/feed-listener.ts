import pg from 'pg';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Calls `onWake` when something was written to the feed, and after every connection, because something may have been
 * written before it. It only saves time: a reader that polls misses nothing. Reconnects for ever.
 */
export function listenToFeed(url: string, onWake: () => void): { close(): Promise<void> } {
  const listener = new Listener(url, onWake);
  listener.connect();
  return { close: () => listener.close() };
}

class Listener {
  readonly #url: string;
  readonly #onWake: () => void;
  #client: pg.Client | null = null;
  #timer: NodeJS.Timeout | null = null;
  #pauseMs = FIRST_PAUSE_MS;
  #closed = false;

  constructor(url: string, onWake: () => void) {
    this.#url = url;
    this.#onWake = onWake;
  }

  connect(): void {
    const client = new pg.Client({
      connectionString: this.#url,
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      application_name: 'provost feed',
    });
    this.#client = client;
    client.on('notification', () => this.#onWake());
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    client
      .connect()
      .then(() => client.query('LISTEN provost_feed'))
      .then(
        () => this.#connected(),
        () => this.#lost(client),
      );
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = null;
    await client?.end();
  }

  #connected(): void {
    this.#pauseMs = FIRST_PAUSE_MS;
    if (!this.#closed) this.#onWake();
  }

  /** A connection that breaks says so more than once. */
  #lost(client: pg.Client): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = null;
    // It may be half open; whether it ends in good order no longer matters.
    client.end().catch(() => undefined);
    this.#timer = setTimeout(() => this.connect(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }
}
