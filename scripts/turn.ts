/** One run at a time in a data directory. */
import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { takeLock } from '#lib/system/lock-file.ts';
import type { InstallationPlan } from './installation-plan.ts';

/** A tenth of a second each: how long a run may take to hear that it is to stop. */
const TRIES = 10;

export interface Turn {
  /** Lets the next start know that it need not wait in vain. */
  markStopping(): void;
  release(): void;
}

/** `at` says, in a sentence, why not. */
export type TurnResult =
  | { readonly ok: true; readonly value: Turn }
  | { readonly ok: false; readonly reason: 'unusable' | 'held'; readonly at: string };

/** A run that is just stopping is waited for; one that runs is not. */
export async function takeTurn({ environment, say, stop }: InstallationPlan): Promise<TurnResult> {
  const { dataDir } = environment;
  const problem = claimFolder(dataDir);
  if (problem !== null) return { ok: false, reason: 'unusable', at: problem };
  const mark = path.join(dataDir, 'stopping');
  let hasSaid = false;
  for (let tries = 0; ; tries += 1) {
    const lock = takeLock(path.join(dataDir, 'start.lock'));
    if (lock.ok) {
      rmSync(mark, { force: true });
      return { ok: true, value: turnOf(mark, lock.value.release) };
    }
    const isStopping = existsSync(mark);
    if (stop.aborted || (!isStopping && tries >= TRIES))
      return {
        ok: false,
        reason: 'held',
        at: `Provost is running already, as ${lock.at}, with the data in ${dataDir}.`,
      };
    if (isStopping && !hasSaid) say('Waiting for the previous run to stop ...');
    hasSaid ||= isStopping;
    await delay(100, undefined, { signal: stop }).catch(() => undefined);
  }
}

function turnOf(mark: string, release: () => void): Turn {
  return {
    markStopping() {
      try {
        writeFileSync(mark, '');
      } catch (error) {
        // Whatever the disk says, stopping must go on; without the mark, the next start does not wait for it.
        if (!(error instanceof Error && 'code' in error)) throw error;
      }
    },
    release() {
      rmSync(mark, { force: true });
      release();
    },
  };
}

function claimFolder(dataDir: string): string | null {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    // A run as another user, root above all, leaves files that this one may not touch.
    for (const name of readdirSync(dataDir))
      accessSync(path.join(dataDir, name), constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return `The data directory ${dataDir} cannot be used (${said}): give it to this user with chown -R, or set PROVOST_DATA_DIR.`;
  }
}
