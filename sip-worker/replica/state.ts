import { z } from 'zod';

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

const stateSchema = z.object({
  format: z.literal(1),
  epoch: z.string(),
  cursor: z.string(),
  appliedAbove: z.array(z.string().regex(/^\d+$/).transform(BigInt)),
  scope: z.string(),
  snapshotAt: z.string(),
  /** Exclusive or of the checks of all rows, hex. */
  rows: z.string(),
});

export function writeState(state: ReplicaState, rows: string): string {
  return JSON.stringify({ format: 1, ...state, appliedAbove: state.appliedAbove.map(String), rows });
}

/** Null for a state that another version of this software wrote. */
export function readState(body: string): { readonly state: ReplicaState; readonly rows: string } | null {
  const parsed = stateSchema.safeParse(JSON.parse(body));
  if (!parsed.success) return null;
  const { epoch, cursor, appliedAbove, scope, snapshotAt, rows } = parsed.data;
  return { state: { epoch, cursor, appliedAbove, scope, snapshotAt }, rows };
}

export function isSameState(a: ReplicaState, b: ReplicaState): boolean {
  return writeState(a, '') === writeState(b, '');
}
