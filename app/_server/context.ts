import { createCompiler } from '#lib/compiler/pool.ts';
import { type Database, openDatabase } from '#lib/store/client.ts';
import type { StoreContext } from '#lib/store/context.ts';
import { type Environment, EXIT_BAD_CONFIGURATION, readEnvironment } from '#lib/system/env.ts';
import { createLog, type Log } from '#lib/system/log.ts';
import { openVault, type Vault } from '#lib/system/secrets.ts';
import { createSignInThrottle, type SignInThrottle } from './sign-in-throttle.ts';
import { createTurns, type Turns } from './turns.ts';

/** What this process has once, made of its environment. */
export interface WebContext {
  readonly env: Environment;
  readonly database: Database;
  readonly vault: Vault;
  readonly compiler: StoreContext['compiler'];
  readonly throttle: SignInThrottle;
  /** To check a password takes a thread for a third of a second, and the database's connections need threads too. */
  readonly passwordTurns: Turns;
  readonly log: Log;
  /** Aborts when the process was asked to stop; what never ends by itself ends then. */
  readonly stopping: AbortSignal;
}

/** Pages, actions and routes are bundled apart from each other; what they share hangs on the process itself. */
declare global {
  var provostWeb: WebContext | undefined;
}

export function webContext(): WebContext {
  globalThis.provostWeb ??= openContext();
  return globalThis.provostWeb;
}

function openContext(): WebContext {
  const reading = readEnvironment(process.env);
  if (!reading.ok) return stop(reading.problems);
  const env = reading.value;
  if (env.databaseUrl === null)
    return stop(['DATABASE_URL: not set; `npm start` starts a database and sets it']);
  const vault = openVault(env);
  if (!vault.ok) return stop([`PROVOST_SECRET_KEY: ${vault.reason}, looked in ${vault.at}`]);
  return {
    env,
    database: openDatabase(env.databaseUrl),
    vault: vault.value,
    compiler: createCompiler({ timeoutMs: 5_000, heapMb: 128 }),
    throttle: createSignInThrottle({ now: () => Date.now() }),
    passwordTurns: createTurns({ atOnce: 2, waiting: 16 }),
    log: createLog('web'),
    stopping: stopSignal(),
  };
}

function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stopping.abort());
  return stopping.signal;
}

function stop(problems: readonly string[]): never {
  for (const problem of problems) console.error(problem);
  process.exit(EXIT_BAD_CONFIGURATION);
}

/** What the store works with on behalf of somebody. */
export function storeContext(
  actor: StoreContext['actor'],
  options: { readonly requestId: string },
): StoreContext {
  const { database, vault, compiler, env } = webContext();
  return {
    db: database.db,
    vault,
    compiler,
    actor,
    requestId: options.requestId,
    publicBase: env.publicBase,
  };
}
