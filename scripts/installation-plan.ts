/** What a run of an installation is made of; tests give other children and no build. */
import type { Environment } from '#lib/system/env.ts';
import type { BuildOptions, BuildResult } from './build.ts';
import type { Preparation, PreparationResult } from './database.ts';
import type { BackOff } from './supervisor.ts';

export interface InstallationPlan {
  readonly root: string;
  readonly environment: Environment;
  readonly env: NodeJS.ProcessEnv;
  readonly commands: { readonly worker: readonly string[]; readonly web: readonly string[] };
  readonly prepare: (about: Preparation) => Promise<PreparationResult>;
  readonly build: (options: BuildOptions) => Promise<BuildResult>;
  /** Says that everything is up. */
  readonly summarise: (password: string | null) => void;
  readonly say: (line: string) => void;
  /** Whether children write to files in the data directory instead of to our output. */
  readonly logsToFiles: boolean;
  readonly stop: AbortSignal;
  readonly backOff?: BackOff;
}
