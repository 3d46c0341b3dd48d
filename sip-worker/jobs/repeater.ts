import { backoffMs } from '../replica/backoff.ts';
import { Sleeper } from '../replica/sleeper.ts';

export interface RepeaterLog {
  warn(fields: object, message: string): void;
}

export interface RepeaterOptions {
  readonly name: string;
  readonly everyMs: number;
  readonly work: (isStopping: () => boolean) => Promise<void>;
  readonly log: RepeaterLog;
}

/** Does a piece of work again and again, never two at once. A failure is logged once in a row and backed off from. */
export class Repeater {
  readonly #options: RepeaterOptions;
  readonly #sleeper = new Sleeper();
  readonly #running: Promise<void>;
  #isStopping = false;

  constructor(options: RepeaterOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** There is something to do now. */
  wake(): void {
    this.#sleeper.wake();
  }

  /** Waits for the piece of work that runs. */
  async close(): Promise<void> {
    this.#isStopping = true;
    this.#sleeper.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { name, everyMs, work, log } = this.#options;
    let failures = 0;
    while (!this.#isStopping) {
      try {
        await work(() => this.#isStopping);
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures === 1 && !this.#isStopping)
          log.warn({ err: error }, `${name} failed and is tried again`);
      }
      const pauseMs = failures === 0 ? everyMs : Math.max(everyMs, backoffMs(failures, Math.random()));
      if (!this.#isStopping) await this.#sleeper.sleep(pauseMs);
    }
  }
}
