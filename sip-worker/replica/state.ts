/** Where the replica stands in the change feed. Written in the same transaction as the rows it speaks of. */
export interface ReplicaState {
  readonly epoch: string;
  readonly cursor: string;
  /** Feed rows above the cursor that are applied already. */
  readonly appliedAbove: readonly bigint[];
  /** For which sites the replica was made, `all` for every site. */
  readonly scope: string;
  /** ISO time of the last full snapshot. */
  readonly snapshotAt: string;
}

/** Key of the row that holds the state; it has a check of its own and is no part of the set. */
export const STATE_KIND = 'state';
export const STATE_KEY = 'replica';

/** A state of another format is of another version of this software, and its replica with it. */
const FORMAT = 1;

interface StoredState extends Omit<ReplicaState, 'appliedAbove'> {
  readonly format: number;
  readonly appliedAbove: readonly string[];
  /** Exclusive or of the checks of all rows, hex. */
  readonly rows: string;
}

export function writeState(state: ReplicaState, rows: string): string {
  const stored: StoredState = {
    format: FORMAT,
    ...state,
    appliedAbove: state.appliedAbove.map(String),
    rows,
  };
  return JSON.stringify(stored);
}

/** @param body of a row that passed its check, so that it is what `writeState` of some version has written */
export function readState(body: string): { readonly state: ReplicaState; readonly rows: string } | null {
  const stored = JSON.parse(body) as StoredState;
  if (stored.format !== FORMAT) return null;
  const { epoch, cursor, scope, snapshotAt, rows } = stored;
  const appliedAbove = stored.appliedAbove.map(BigInt);
  return { state: { epoch, cursor, appliedAbove, scope, snapshotAt }, rows };
}

export function isSameState(a: ReplicaState, b: ReplicaState): boolean {
  return writeState(a, '') === writeState(b, '');
}
