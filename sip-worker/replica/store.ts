/**
 * The worker's own copy of what phones are served: one SQLite file, `replica.db`. It is changed in whole transactions,
 * replaced as a whole by rename when a snapshot is complete, and set aside when it is found damaged.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { ServedDevice, ServedEntity } from '#lib/domain/served.ts';
import type { Vault } from '#lib/system/vault.ts';
import { ReplicaDraft } from './draft.ts';
import { Lookups } from './lookups.ts';
import { LruMap } from './lru-map.ts';
import { createRowChecks, type RowChecks, SetCheck } from './row-check.ts';
import { isSameState, type ReplicaState, readState, STATE_KEY, STATE_KIND } from './state.ts';
import { DamagedReplica, ReplicaTables, type TablesMode } from './tables.ts';
import { entityOf, type ReplicaChange, writeChange } from './writer.ts';

export interface ReplicaOptions {
  readonly dataDir: string;
  readonly vault: Vault;
  readonly log: { warn(fields: object, message: string): void };
}

/** Parsed device documents kept, about 2 KiB each: enough for the 10,000 phones of a power cut. */
const DEVICES_KEPT = 16_384;

export class Replica {
  readonly #files: ReplicaFiles;
  readonly #checks: RowChecks;
  readonly #log: ReplicaOptions['log'];
  #content: Content;
  readonly #devices = new LruMap<string, ServedDevice>(DEVICES_KEPT);
  #damage: string | null = null;

  /** Opens what is there; a file that is damaged is set aside as `replica.db.damaged` and an empty one made. */
  constructor({ dataDir, vault, log }: ReplicaOptions) {
    this.#files = filesIn(dataDir);
    this.#checks = createRowChecks(vault);
    this.#log = log;
    this.#content = this.#openWhatIsThere();
  }

  get lookups(): Lookups {
    return this.#content.lookups;
  }

  /** Null until a snapshot was complete. */
  get state(): ReplicaState | null {
    return this.#content.state;
  }

  /** What was found wrong since the last snapshot, in words; the follower then takes a fresh one. */
  get damage(): string | null {
    return this.#damage;
  }

  findDevice(id: string): ServedDevice | null {
    const kept = this.#devices.get(id);
    if (kept) return kept;
    const entity = this.#guard(() => readEntity(this.#content.tables, 'device', id));
    if (entity?.kind !== 'device') return null;
    this.#devices.set(id, entity.value);
    return entity.value;
  }

  /** A device that a look-up named must be there: if it is not, a row was lost. */
  findNamedDevice(id: string): ServedDevice | null {
    const device = this.findDevice(id);
    if (device === null) this.reportDamage(`the row of device ${id} is missing`);
    return device;
  }

  readArtifact(address: string): Uint8Array | null {
    return this.#guard(() => this.#content.tables.readArtifact(address));
  }

  hasArtifact(address: string): boolean {
    return this.#guard(() => this.#content.tables.hasArtifact(address)) ?? false;
  }

  reportDamage(what: string): void {
    if (this.#damage === null) this.#log.warn({ damage: what }, 'the replica is damaged');
    this.#damage ??= what;
  }

  /** On the disk when it returns. Throws when the disk is full or fails; then nothing has changed. */
  apply(change: ReplicaChange): void {
    const { tables, lookups, state, set } = this.#content;
    const isNothing = change.upserts.length === 0 && change.removals.length === 0;
    if (isNothing && state !== null && isSameState(state, change.state)) return;
    const next = SetCheck.fromHex(set.toHex());
    const changes = this.#guardWrite(() => writeChange(tables, change, next));
    for (const { before, after } of changes) {
      lookups.replace(before, after);
      this.#devices.delete((before ?? after)?.key ?? '');
    }
    this.#content = { tables, lookups, state: change.state, set: next };
  }

  /** A new generation beside this one, which goes on serving until the new one is complete. */
  startSnapshot(): ReplicaDraft {
    removeDatabase(this.#files.draft);
    return new ReplicaDraft(this.#files.draft, this.#checks);
  }

  /** Puts a complete snapshot in the place of what is served: everything of it, or after a crash everything of the old. */
  replaceBy(draft: ReplicaDraft, state: ReplicaState): void {
    const { lookups, set } = draft.complete(state);
    let content = this.#content;
    content.tables.close();
    try {
      // Left behind only when the last close could not empty it; it must not be replayed into the new file.
      removeJournal(this.#files.current);
      renameSync(this.#files.draft, this.#files.current);
      syncFolder(path.dirname(this.#files.current));
      content = { ...content, lookups, state, set };
      this.#damage = null;
    } finally {
      this.#devices.clear();
      this.#content = { ...content, tables: new ReplicaTables(this.#files.current, this.#checks, 'live') };
    }
  }

  close(): void {
    this.#content.tables.close();
  }

  #openWhatIsThere(): Content {
    const content = this.#tryOpen(this.#files.current, 'live');
    if (content) return content;
    return this.#adoptDraft() ?? emptyContent(new ReplicaTables(this.#files.current, this.#checks, 'live'));
  }

  /** A crash in the middle of `replaceBy` may leave a complete snapshot beside an old file that lost its journal. */
  #adoptDraft(): Content | null {
    const content = this.#tryOpen(this.#files.draft, 'draft');
    if (content === null) return null;
    content.tables.close();
    renameSync(this.#files.draft, this.#files.current);
    return { ...content, tables: new ReplicaTables(this.#files.current, this.#checks, 'live') };
  }

  #tryOpen(file: string, mode: TablesMode): Content | null {
    if (!existsSync(file)) return null;
    let tables: ReplicaTables | null = null;
    try {
      tables = new ReplicaTables(file, this.#checks, mode);
      return this.#load(tables);
    } catch (error) {
      tables?.close();
      if (!(error instanceof DamagedReplica)) throw error;
      if (mode === 'live') this.#setAside(file, error.message);
      else removeDatabase(file);
      return null;
    }
  }

  /**
   * Verifies every row and the set they make. A device whose row was changed is left out, and the rest still serves:
   * rows prove themselves one by one, and the set that no other row is missing. Throws DamagedReplica for any other damage.
   */
  #load(tables: ReplicaTables): Content {
    const state = tables.readRow(STATE_KIND, STATE_KEY);
    const lookups = new Lookups();
    const set = new SetCheck();
    let changed: string | null = null;
    for (const { row, isIntact } of tables.readRows()) {
      if (row.kind === STATE_KIND) continue;
      set.toggle(row.check);
      if (isIntact) lookups.replace(null, entityOf(row));
      else if (row.kind === 'device') changed = row.key;
      else throw new DamagedReplica(`a row of kind ${row.kind.slice(0, 16)} fails its check`);
    }
    if (state === null && lookups.isEmpty && set.isEmpty) return emptyContent(tables);
    const stored = state ? readState(state.body) : null;
    if (stored === null) throw new DamagedReplica('its state is missing or of another version');
    if (stored.rows !== set.toHex()) throw new DamagedReplica('rows were lost or came back');
    if (changed !== null) this.reportDamage(`the row of device ${changed.slice(0, 64)} fails its check`);
    return { tables, lookups, state: stored.state, set };
  }

  #setAside(file: string, why: string): void {
    this.#log.warn({ file, damage: why }, 'the replica is damaged and set aside');
    setAside(file, this.#files.damaged);
  }

  /** What cannot be read right is not there; the follower mends it. */
  #guard<T>(read: () => T | null): T | null {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DamagedReplica)) throw error;
      this.reportDamage(error.message);
      return null;
    }
  }

  #guardWrite<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      if (error instanceof DamagedReplica) this.reportDamage(error.message);
      throw error;
    }
  }
}

interface Content {
  readonly tables: ReplicaTables;
  readonly lookups: Lookups;
  readonly state: ReplicaState | null;
  readonly set: SetCheck;
}

function emptyContent(tables: ReplicaTables): Content {
  return { tables, lookups: new Lookups(), state: null, set: new SetCheck() };
}

function readEntity(tables: ReplicaTables, kind: string, key: string): ServedEntity | null {
  const row = tables.readRow(kind, key);
  return row ? entityOf(row) : null;
}

interface ReplicaFiles {
  readonly current: string;
  readonly draft: string;
  readonly damaged: string;
}

function filesIn(dataDir: string): ReplicaFiles {
  const current = path.join(dataDir, 'replica.db');
  return { current, draft: `${current}.new`, damaged: `${current}.damaged` };
}

function setAside(file: string, damaged: string): void {
  removeDatabase(damaged);
  renameSync(file, damaged);
  if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${damaged}-wal`);
  removeJournal(file);
}

function removeDatabase(file: string): void {
  rmSync(file, { force: true });
  removeJournal(file);
}

function removeJournal(file: string): void {
  for (const suffix of ['-wal', '-shm', '-journal']) rmSync(file + suffix, { force: true });
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
