import type { Db, TransactionOptions } from './client.ts';
import { inTransaction } from './client.ts';

/** A place in the body that is wrong; `pointer` is a JSON pointer (RFC 6901), '' the body as a whole. */
export interface Pointer {
  readonly pointer: string;
  readonly detail: string;
}

/** Why a write was not done. Outside the actor's subtree is `not-found`; a missing scope is `forbidden`. */
export type RefusalReason =
  | 'not-found'
  | 'forbidden'
  | 'invalid'
  | 'conflict'
  | 'stale'
  | 'mac-in-use'
  | 'shared-account'
  | 'wrong-state'
  | 'in-use';

export interface Refusal {
  readonly ok: false;
  readonly reason: RefusalReason;
  readonly pointers: readonly Pointer[];
}

export type Outcome<T> = ({ readonly ok: true } & T) | Refusal;

export function refuse(reason: RefusalReason, ...pointers: readonly Pointer[]): Refusal {
  return { ok: false, reason, pointers };
}

export function invalid(pointer: string, detail: string): Refusal {
  return refuse('invalid', { pointer, detail });
}

/** Carries a refusal out of a transaction, so that nothing of it remains. */
class RolledBack extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`refused: ${refusal.reason}`);
    this.refusal = refusal;
  }
}

/** A transaction that is rolled back when its outcome is a refusal. */
export async function transact<T>(
  db: Db,
  work: (tx: Db) => Promise<Outcome<T>>,
  options: TransactionOptions = {},
): Promise<Outcome<T>> {
  const orRollBack = async (tx: Db): Promise<Outcome<T>> => {
    const outcome = await work(tx);
    if (!outcome.ok) throw new RolledBack(outcome);
    return outcome;
  };
  try {
    return await inTransaction(db, orRollBack, options);
  } catch (error) {
    if (error instanceof RolledBack) return error.refusal;
    throw error;
  }
}
