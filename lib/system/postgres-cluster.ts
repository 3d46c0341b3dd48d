/** Making a database cluster, and setting the password of one whose password was lost. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { giveTo, type PostgresIdentity } from './postgres-identity.ts';

/** Made under another name and renamed when complete, so that a start that was killed half-way begins anew. */
export function initialiseCluster(identity: PostgresIdentity, cluster: string, password: string): void {
  const draft = `${cluster}.new`;
  const passwordFile = `${cluster}.password`;
  rmSync(draft, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600, flag: 'wx' });
  for (const entry of [draft, passwordFile]) giveTo(identity, entry);
  try {
    // Collation by code point and nothing from the machine: the same order everywhere, whatever libc or ICU is there.
    const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--encoding=UTF8'];
    const access = ['--username=provost', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    run(identity, [identity.binaries.initdb, '-D', draft, ...access, ...locale, '--no-instructions']);
    runAlone(identity, draft, 'CREATE DATABASE provost');
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, cluster);
}

export function resetPassword(identity: PostgresIdentity, cluster: string, password: string): void {
  runAlone(identity, cluster, `ALTER ROLE provost PASSWORD '${password}'`);
}

/** The major version, for example `18`. */
export function serverVersion(identity: PostgresIdentity): string {
  const said = run(identity, [identity.binaries.postgres, '--version']);
  return /\b(\d+)\./.exec(said)?.[1] ?? said.trim();
}

/** One statement in single-user mode, without a server. */
function runAlone(identity: PostgresIdentity, cluster: string, statement: string): void {
  run(identity, [identity.binaries.postgres, '--single', '-D', cluster, 'postgres'], `${statement}\n`);
}

function run(identity: PostgresIdentity, commandLine: readonly string[], input = ''): string {
  const [command = '', ...args] = [...identity.prefix, ...commandLine];
  const done = spawnSync(command, args, {
    input,
    encoding: 'utf8',
    cwd: '/',
    env: { PATH: process.env.PATH, NODE_ENV: 'production', TZ: 'UTC', LC_ALL: 'C' },
    uid: identity.uid,
    gid: identity.uid,
  });
  if (done.error)
    throw new Error(`${path.basename(commandLine[0] ?? '')} could not run`, { cause: done.error });
  if (done.status !== 0)
    throw new Error(`${path.basename(commandLine[0] ?? '')} failed:\n${done.stderr.trimEnd()}`);
  return done.stdout;
}
