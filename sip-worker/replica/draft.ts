import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import type { ServedEntity } from '#lib/domain/served.ts';
import { Lookups } from './lookups.ts';
import { type RowChecks, SetCheck } from './row-check.ts';
import type { ReplicaState } from './state.ts';
import { ReplicaTables } from './tables.ts';
import { writeChange, writeUpserts } from './writer.ts';

/** A snapshot while it arrives. Without a journal: it counts only once it is complete, synced and renamed. */
export class ReplicaDraft {
  readonly #file: string;
  readonly #tables: ReplicaTables;
  readonly #lookups = new Lookups();
  readonly #set = new SetCheck();

  constructor(file: string, checks: RowChecks) {
    this.#file = file;
    this.#tables = new ReplicaTables(file, checks, 'draft');
  }

  get lookups(): Lookups {
    return this.#lookups;
  }

  /** Throws when the disk is full; then the draft is only fit to be discarded. */
  add(batch: readonly ServedEntity[]): void {
    const changes = this.#tables.inTransaction(() => writeUpserts(this.#tables, batch, this.#set));
    for (const { before, after } of changes) this.#lookups.replace(before, after);
  }

  /** The state is written last: a file without it is not complete. Closes the file, synced. */
  complete(state: ReplicaState): { readonly lookups: Lookups; readonly set: SetCheck } {
    writeChange(this.#tables, { upserts: [], removals: [], state }, this.#set);
    this.#tables.close();
    const descriptor = openSync(this.#file, 'r+');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    return { lookups: this.#lookups, set: this.#set };
  }

  /** Gives its room on the disk back; does nothing to a draft that has taken its place. */
  discard(): void {
    this.#tables.close();
    rmSync(this.#file, { force: true });
  }
}
