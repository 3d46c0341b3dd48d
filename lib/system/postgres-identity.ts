/**
 * As which user Postgres runs: it refuses root, and users without a name. An ordinary user runs it as himself. Root, or a
 * user without a name, runs it in a user namespace where he is called nobody (the files stay his own). Where the system
 * does not allow that, root runs it really as nobody, with files and binaries in a folder that nobody can reach.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { binariesIn, type PostgresBinaries } from './postgres-binaries.ts';

export type IdentityKind = 'self' | 'namespace' | 'nobody';

export interface PostgresIdentity {
  readonly kind: IdentityKind;
  /** Who owns the files; undefined where the system has no such numbers. */
  readonly owner: number | undefined;
  /** The folder for the cluster. */
  readonly home: string;
  readonly binaries: PostgresBinaries;
  /** What goes before a command line. */
  readonly prefix: readonly string[];
  readonly uid: number | undefined;
}

const NOBODY = 65_534;
const NAMESPACE = ['unshare', '--user', `--map-user=${NOBODY}`, '--'];

export interface IdentityOptions {
  readonly dataDir: string;
  readonly binaries: PostgresBinaries;
  /** A folder outside the data directory, for when nobody cannot reach that. */
  readonly elsewhere: string;
  /** Chosen by what the system allows, unless a test asks for one. */
  readonly kind: IdentityKind | undefined;
}

export function chooseIdentity(options: IdentityOptions): PostgresIdentity {
  const kind = options.kind ?? possibleKind(options);
  if (kind === 'nobody') return nobodyIdentity(options);
  return {
    kind,
    owner: process.getuid?.(),
    home: existingHome(options) ?? options.dataDir,
    binaries: options.binaries,
    prefix: kind === 'namespace' ? NAMESPACE : [],
    uid: undefined,
  };
}

/** Gives a file or folder, with all that is in it, to the user that Postgres runs as. Root only; else it checks. */
export function giveTo(identity: PostgresIdentity, target: string): void {
  const { owner } = identity;
  if (owner === undefined || !existsSync(target) || statSync(target).uid === owner) return;
  if (process.getuid?.() !== 0) {
    throw new Error(
      `${target} belongs to user ${statSync(target).uid}: start as that user, or give it to yourself`,
    );
  }
  for (const entry of [target, ...everythingIn(target)]) chownSync(entry, owner, owner);
}

function possibleKind({ dataDir, binaries }: IdentityOptions): IdentityKind {
  if (process.getuid?.() !== 0 && hasName()) return 'self';
  const mayRun = succeeds([...NAMESPACE, binaries.postgres, '--version']);
  if (mayRun && succeeds([...NAMESPACE, 'test', '-w', dataDir])) return 'namespace';
  return process.getuid?.() === 0 ? 'nobody' : 'self';
}

/** Containers run as numbers that /etc/passwd does not know, and initdb refuses those. */
function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    // Node's way to say that there is no entry.
    return false;
  }
}

function nobodyIdentity({ dataDir, binaries, elsewhere }: IdentityOptions): PostgresIdentity {
  const fresh = isReachable(path.dirname(dataDir)) ? dataDir : elsewhere;
  const home = existingHome({ dataDir, elsewhere }) ?? fresh;
  mkdirSync(home, { recursive: true });
  // Entering is enough; what is in the folder cannot be listed.
  chmodSync(home, 0o711);
  const reachable = isReachable(binaries.native) ? binaries : binariesIn(path.join(home, 'native'));
  if (!existsSync(reachable.postgres)) cpSync(binaries.native, reachable.native, { recursive: true });
  return { kind: 'nobody', owner: NOBODY, home, binaries: reachable, prefix: [], uid: NOBODY };
}

/** A database stays where it was made, whatever the system allows today. */
function existingHome({
  dataDir,
  elsewhere,
}: Pick<IdentityOptions, 'dataDir' | 'elsewhere'>): string | undefined {
  return [dataDir, elsewhere].find((home) => existsSync(path.join(home, 'postgres', 'PG_VERSION')));
}

/** Whether every folder down to this one may be entered by anybody. */
function isReachable(folder: string): boolean {
  const open = (statSync(folder).mode & 0o001) !== 0;
  const parent = path.dirname(folder);
  return open && (parent === folder || isReachable(parent));
}

function succeeds([command = '', ...args]: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', cwd: '/' }).status === 0;
}

function everythingIn(folder: string): string[] {
  if (!lstatSync(folder).isDirectory()) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
