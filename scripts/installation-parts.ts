/** The processes of a running installation. */
import path from 'node:path';
import { createLog } from '#lib/system/log.ts';
import { childEnvironment } from './child-environment.ts';
import { type DatabaseKeeper, externalDatabase, keepEmbeddedDatabase } from './database-keeper.ts';
import type { InstallationPlan } from './installation-plan.ts';
import { openProcessBook } from './process-book.ts';
import { BACK_OFF, type SupervisedChild, superviseChild } from './supervisor.ts';

const WORKER_STOP_MS = 30_000;
const WEB_STOP_MS = 5_000;

/** What runs, so that it can be stopped in the opposite order: console, worker, database. */
export class Parts {
  readonly #plan: InstallationPlan;
  readonly #book;
  readonly #children: SupervisedChild[] = [];
  #database: DatabaseKeeper | null = null;

  constructor(plan: InstallationPlan) {
    this.#plan = plan;
    this.#book = openProcessBook(plan.environment.dataDir, plan.say);
  }

  async startDatabase(): Promise<DatabaseKeeper> {
    const { environment, say, backOff = BACK_OFF } = this.#plan;
    const log = createLog('postgres', { level: 'warn' });
    this.#database =
      environment.databaseUrl === null
        ? await keepEmbeddedDatabase({ dataDir: environment.dataDir, log, say, backOff })
        : externalDatabase(environment.databaseUrl);
    return this.#database;
  }

  startWorker(database: DatabaseKeeper): SupervisedChild {
    const env = (): NodeJS.ProcessEnv => childEnvironment(this.#plan.env, database.url());
    const worker = this.#start('worker', {
      command: this.#plan.commands.worker,
      env,
      stopMs: WORKER_STOP_MS,
    });
    database.onMoved(() => worker.restart());
    return worker;
  }

  startWeb(env: () => NodeJS.ProcessEnv): void {
    const web = this.#start('web', { command: this.#plan.commands.web, env, stopMs: WEB_STOP_MS });
    this.#database?.onMoved(() => web.restart());
  }

  /** One after the other: browsers may hold the console for seconds, and phones are answered meanwhile. */
  async stopAll(): Promise<void> {
    for (const child of this.#children.toReversed()) await child.stop();
    await this.#database?.stop();
  }

  #start(
    name: string,
    child: {
      readonly command: readonly string[];
      readonly env: () => NodeJS.ProcessEnv;
      readonly stopMs: number;
    },
  ): SupervisedChild {
    const { say, backOff, logsToFiles, environment } = this.#plan;
    const outputFile = logsToFiles ? path.join(environment.dataDir, 'log', `${name}.log`) : null;
    const { command: commandLine, env, stopMs } = child;
    const supervised = superviseChild(
      { name, commandLine, env, stopMs, outputFile },
      { book: this.#book, say, ...(backOff ? { backOff } : {}) },
    );
    this.#children.push(supervised);
    return supervised;
  }
}
