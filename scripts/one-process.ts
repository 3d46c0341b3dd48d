/** Worker or console alone, as a service manager runs them: no supervisor, the child's exit code is ours. */
import { spawn } from 'node:child_process';
import { embeddedPostgresUrl } from '#lib/system/embedded-postgres.ts';
import { EXIT_BAD_CONFIGURATION } from '#lib/system/env.ts';
import { openVault, type Vault } from '#lib/system/secrets.ts';
import { childEnvironment, webEnvironment } from './child-environment.ts';
import { EXIT_FAILED } from './installation.ts';
import type { InstallationPlan } from './installation-plan.ts';

/** Needs no database to be up: without one it serves what its replica holds. */
export async function runWorkerAlone(plan: InstallationPlan): Promise<number> {
  if (openKey(plan) === null) return EXIT_BAD_CONFIGURATION;
  return runChild(plan, plan.commands.worker, childEnvironment(plan.env, databaseUrl(plan)));
}

export async function runWebAlone(plan: InstallationPlan): Promise<number> {
  const vault = openKey(plan);
  if (vault === null) return EXIT_BAD_CONFIGURATION;
  const url = databaseUrl(plan);
  if (url === null) {
    plan.say('There is no database yet: set DATABASE_URL, or run "npm start" once, which makes one.');
    return EXIT_BAD_CONFIGURATION;
  }
  const env = webEnvironment(plan, url, vault);
  const built = await plan.build({ root: plan.root, env, say: plan.say, signal: plan.stop });
  if (built.ok) return runChild(plan, plan.commands.web, env);
  plan.say(`The console could not be built:\n${built.at}`);
  return EXIT_FAILED;
}

function databaseUrl({ environment }: InstallationPlan): string | null {
  return environment.databaseUrl ?? embeddedPostgresUrl(environment.dataDir);
}

function openKey(plan: InstallationPlan): Vault | null {
  const vault = openVault(plan.environment);
  if (vault.ok) return vault.value;
  plan.say(
    vault.reason === 'missing'
      ? `There is no secret key: set PROVOST_SECRET_KEY, or run "npm start" once, which makes ${vault.at}.`
      : `${vault.at} does not hold 32 bytes of base64.`,
  );
  return null;
}

function runChild(
  plan: InstallationPlan,
  commandLine: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const [command = '', ...args] = commandLine;
  const child = spawn(command, args, { cwd: plan.root, env, stdio: 'inherit' });
  plan.stop.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? (plan.stop.aborted ? 0 : EXIT_FAILED)));
  });
}
