/** Programs that tests need from the system: installed with apt where that is allowed, else asked for in one line. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

export interface NeededProgram {
  readonly program: string;
  /** Debian's package that holds it. */
  readonly package: string;
}

/** null when all are there, else what to do. */
export async function ensurePrograms(needed: readonly NeededProgram[]): Promise<string | null> {
  const missing = needed.filter(({ program }) => !isInstalled(program));
  if (missing.length === 0) return null;
  const packages = missing.map((entry) => entry.package);
  const advice = `Install ${packages.join(' ')} first: apt-get install ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) return advice;
  apt(['update']);
  const installed = apt(['install', '-y', '--no-install-recommends', ...packages]);
  return installed.status === 0 ? null : `${installed.stderr}\n${advice}`;
}

function isInstalled(program: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(path.join(folder, program)));
}

function apt(args: readonly string[]): { status: number | null; stderr: string } {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', args, { env, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
}
