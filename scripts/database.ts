/** Everything between "there is a database" and "the application may use it": migrations, key check, seed. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { claimForKey, hasUsers } from '#lib/store/first-start.ts';
import { migrate } from '#lib/store/migrate.ts';
import type { Environment } from '#lib/system/env.ts';
import { newToken, type Vault } from '#lib/system/secrets.ts';

export interface Preparation {
  readonly root: string;
  readonly url: string;
  readonly environment: Environment;
  readonly env: NodeJS.ProcessEnv;
  readonly vault: Vault;
  readonly signal: AbortSignal;
}

/**
 * `password` is set when a first administrator got a generated one just now: the only time it can be shown. `seeded`
 * says what went wrong, null if nothing: the first seed has ended by now, a later one goes on beside the console, which
 * needs nothing of it.
 */
export type PreparationResult =
  | { readonly ok: true; readonly password: string | null; readonly seeded: Promise<string | null> }
  | { readonly ok: false; readonly reason: 'migration' | 'other-key'; readonly at: string };

export async function prepareDatabase(about: Preparation): Promise<PreparationResult> {
  const migrated = await migrate(about.url, path.join(about.root, 'prisma', 'migrations'));
  if (!migrated.ok)
    return { ok: false, reason: 'migration', at: explainRefusal(migrated.reason, migrated.at) };
  if (!(await claimForKey(about.url, about.vault.checkValue())))
    return {
      ok: false,
      reason: 'other-key',
      at: 'The database was sealed with another secret key than this one.',
    };
  if (await hasUsers(about.url)) return { ok: true, password: null, seeded: runSeed(about, null) };
  const password = about.environment.adminPassword === null ? newToken(10) : null;
  const problem = await runSeed(about, password);
  return { ok: true, password: problem === null ? password : null, seeded: Promise.resolve(problem) };
}

function explainRefusal(reason: 'changed' | 'unknown' | 'unfinished', migration: string): string {
  const explanations = {
    changed: `The migration ${migration} is not the one that was applied to this database: restore its file.`,
    unknown: `The database knows the migration ${migration}, this version of Provost does not: start the newer version.`,
    unfinished: `The migration ${migration} was begun and failed: mend it with "npx prisma migrate resolve".`,
  };
  return explanations[reason];
}

/** null when it went well, else what it said. */
function runSeed(about: Preparation, password: string | null): Promise<string | null> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'prisma/seed.ts'], {
    cwd: about.root,
    env: {
      ...about.env,
      DATABASE_URL: about.url,
      PROVOST_ADMIN_PASSWORD: password ?? about.env.PROVOST_ADMIN_PASSWORD,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: about.signal,
    killSignal: 'SIGKILL',
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) =>
      resolve(code === 0 ? null : `The seed failed:\n${Buffer.concat(said).toString('utf8').trimEnd()}`),
    );
  });
}
