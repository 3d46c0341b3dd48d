/**
 * A lock that ends with its process, even by kill -9: an exclusive SQLite transaction holds a lock of the kernel, so
 * there is no stale lock to tell from a live one.
 */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { identifyProcess } from './process-identity.ts';

export interface Lock {
  release(): void;
}

/** `at` is the process that holds it, for example `process 4711`. */
export type Locking =
  | { readonly ok: true; readonly value: Lock }
  | { readonly ok: false; readonly reason: 'held'; readonly at: string };

/** A database that nobody refers to any more is closed by the garbage collector, and its lock with it. */
const held = new Set<DatabaseSync>();

/** Takes the lock or says who has it; never waits. Beside the file, `<file>.pid` names the holder. */
export function takeLock(file: string): Locking {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const holder = `${file}.pid`;
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // A file that is not empty is locked without writing to it: a full disk must not keep phones from being served.
    if (statSync(file).size === 0) database.exec('PRAGMA user_version = 1');
    database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    return { ok: false, reason: 'held', at: readHolder(holder) };
  }
  held.add(database);
  nameHolder(holder);
  return {
    ok: true,
    value: {
      release() {
        if (!database.isOpen) return;
        rmSync(holder, { force: true });
        database.close();
        held.delete(database);
      },
    },
  };
}

function nameHolder(file: string): void {
  try {
    writeFileSync(file, JSON.stringify(identifyProcess(process.pid)), { mode: 0o600 });
  } catch (error) {
    // The name is a courtesy; the lock holds without it.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}

/** SQLITE_BUSY is 5 (sqlite.org/rescode.html). */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}

function readHolder(file: string): string {
  try {
    const holder: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof holder === 'object' && holder !== null && 'pid' in holder) return `process ${holder.pid}`;
  } catch {
    // Between taking the lock and naming its holder there is nothing to read.
  }
  return 'another process';
}
