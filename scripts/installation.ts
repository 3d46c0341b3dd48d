/**
 * Runs a whole installation in one data directory. The worker comes first and needs nothing but the secret key; the
 * database, its migrations, the build and the console follow, and none of them can hold the worker up.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { tryConnection } from '#lib/store/first-start.ts';
import { isFreshDatabase } from '#lib/store/migrate.ts';
import { hasEmbeddedPostgres } from '#lib/system/embedded-postgres.ts';
import { EXIT_BAD_CONFIGURATION } from '#lib/system/env.ts';
import {
  createSecretKey,
  createVault,
  type KeyReading,
  readSecretKey,
  type Vault,
} from '#lib/system/secrets.ts';
import { webEnvironment } from './child-environment.ts';
import type { PreparationResult } from './database.ts';
import { type DatabaseKeeper, untilReachable } from './database-keeper.ts';
import { Parts } from './installation-parts.ts';
import type { InstallationPlan } from './installation-plan.ts';
import { endOrphans } from './process-book.ts';
import type { SupervisedChild } from './supervisor.ts';
import { type Turn, takeTurn } from './turn.ts';

export const EXIT_FAILED = 1;

type Outcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: number; readonly message: string };

/** Runs until it is stopped; returns the exit code. Everything it started has ended by then. */
export async function runInstallation(plan: InstallationPlan): Promise<number> {
  const turn = await takeTurn(plan);
  if (!turn.ok) return fail(plan, EXIT_FAILED, turn.at);
  try {
    const orphans = await endOrphans(plan.environment.dataDir);
    if (orphans.length > 0) plan.say(`Ended what a killed run had left: ${orphans.join(', ')}.`);
    return await runLocked(plan, turn.value);
  } finally {
    turn.value.release();
  }
}

async function runLocked(given: InstallationPlan, turn: Turn): Promise<number> {
  const ending = new AbortController();
  const plan = { ...given, stop: AbortSignal.any([given.stop, ending.signal]) };
  const parts = new Parts(plan);
  try {
    const isFirstRun =
      plan.environment.databaseUrl === null && !hasEmbeddedPostgres(plan.environment.dataDir);
    const database = await parts.startDatabase();
    const vault = await obtainVault(plan, database, isFirstRun);
    if (!vault.ok) return fail(plan, vault.code, vault.message);
    const worker = parts.startWorker(database);
    const stopped = untilAborted(plan.stop).then((): Outcome => ({ ok: true }));
    const up = bringUp(plan, { parts, database, vault: vault.value });
    const outcome = await Promise.race([up, stopped, refusal(worker)]);
    if (!outcome.ok) return fail(plan, outcome.code, outcome.message);
    const end = await Promise.race([stopped, refusal(worker)]);
    if (!end.ok) return fail(plan, end.code, end.message);
    plan.say('Stopping ...');
    return 0;
  } finally {
    turn.markStopping();
    // Whatever is still coming up (a build, a seed) ends with the rest.
    ending.abort();
    await parts.stopAll();
  }
}

interface Running {
  readonly parts: Parts;
  readonly database: DatabaseKeeper;
  readonly vault: Vault;
}

async function bringUp(plan: InstallationPlan, { parts, database, vault }: Running): Promise<Outcome> {
  const env = (): NodeJS.ProcessEnv => webEnvironment(plan, database.url(), vault);
  const building = plan.build({ root: plan.root, env: env(), say: plan.say, signal: plan.stop });
  const prepared = await prepareWhenReachable(plan, database, vault);
  if (!prepared.ok)
    return refuse(prepared.reason === 'other-key' ? EXIT_BAD_CONFIGURATION : EXIT_FAILED, prepared.at);
  if (prepared.password !== null)
    plan.say(`First administrator: ${plan.environment.adminEmail}, password ${prepared.password}`);
  const built = await building;
  if (!built.ok) return refuse(EXIT_FAILED, `The console could not be built:\n${built.at}`);
  if (plan.stop.aborted) return { ok: true };
  parts.startWeb(env);
  const [problem] = await Promise.all([prepared.seeded, untilAnswering(plan)]);
  if (problem !== null && !plan.stop.aborted) return refuse(EXIT_FAILED, problem);
  if (!plan.stop.aborted) plan.summarise(prepared.password);
  return { ok: true };
}

/** A database that goes away in between is waited for; anything else that goes wrong is for a person. */
async function prepareWhenReachable(
  plan: InstallationPlan,
  database: DatabaseKeeper,
  vault: Vault,
): Promise<PreparationResult> {
  const { root, environment, env } = plan;
  for (;;) {
    if (!(await untilReachable(database, { say: plan.say, signal: plan.stop })))
      return { ok: true, password: null, seeded: Promise.resolve(null) };
    try {
      return await plan.prepare({ root, url: database.url(), environment, env, vault, signal: plan.stop });
    } catch (error) {
      if ((await tryConnection(database.url())) !== null) continue;
      return { ok: false, reason: 'migration', at: error instanceof Error ? error.message : String(error) };
    }
  }
}

type VaultOutcome = { readonly ok: true; readonly value: Vault } | Extract<Outcome, { ok: false }>;

/** A key is made for an empty database only: one that holds data was sealed with another. */
async function obtainVault(
  plan: InstallationPlan,
  database: DatabaseKeeper,
  isFirstRun: boolean,
): Promise<VaultOutcome> {
  const { dataDir } = plan.environment;
  let key: KeyReading = readSecretKey(plan.environment);
  if (!key.ok && key.reason === 'missing') {
    const isReachable = isFirstRun || (await untilReachable(database, { say: plan.say, signal: plan.stop }));
    if (isFirstRun || (isReachable && (await isFreshDatabase(database.url()))))
      key = createSecretKey(dataDir);
  }
  if (key.ok) return { ok: true, value: createVault(key.value) };
  if (plan.stop.aborted) return refuse(0, 'Stopping ...');
  if (key.reason === 'malformed')
    return refuse(EXIT_BAD_CONFIGURATION, `${key.at} does not hold 32 bytes of base64.`);
  return refuse(
    EXIT_BAD_CONFIGURATION,
    `The secret key is missing, and the database was sealed with one: restore ${key.at} or set PROVOST_SECRET_KEY.`,
  );
}

/** Any answer will do: what the console says about itself is for whoever looks at it. */
async function untilAnswering({ environment, stop }: InstallationPlan): Promise<void> {
  const url = `http://127.0.0.1:${environment.port}/api/health`;
  while (!stop.aborted) {
    const answer = await fetch(url, { signal: AbortSignal.any([stop, AbortSignal.timeout(5_000)]) }).catch(
      () => null,
    );
    await answer?.body?.cancel();
    if (answer !== null) return;
    await delay(100, undefined, { signal: stop }).catch(() => undefined);
  }
}

async function refusal(worker: SupervisedChild): Promise<Outcome> {
  await worker.refused;
  return refuse(EXIT_BAD_CONFIGURATION, 'The worker refused its configuration, see above.');
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function refuse(code: number, message: string): Extract<Outcome, { ok: false }> {
  return { ok: false, code, message };
}

function fail(plan: InstallationPlan, code: number, message: string): number {
  plan.say(message);
  return code;
}
