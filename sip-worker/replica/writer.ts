import type { ServedEntity, ServedFile, ServedKind } from '#lib/domain/served.ts';
import type { SetCheck } from './row-check.ts';
import { type ReplicaState, STATE_KEY, STATE_KIND, writeState } from './state.ts';
import type { ReplicaTables, Row } from './tables.ts';

/** What the change feed says: entities as they are now, entities that are gone, and where the feed stands after it. */
export interface ReplicaChange {
  readonly upserts: readonly ServedEntity[];
  readonly removals: readonly { readonly kind: ServedKind; readonly key: string }[];
  readonly state: ReplicaState;
}

/** An entity that came, went or changed; null on one side where there is none. */
export interface EntityChange {
  readonly before: ServedEntity | null;
  readonly after: ServedEntity | null;
}

/** Orphans deleted with one change. What is left goes with the next. */
const ORPHANS_PER_CHANGE = 500;

/** Writes a change in one transaction: rows, references, check of the set and state. Returns what really changed. */
export function writeChange(tables: ReplicaTables, change: ReplicaChange, set: SetCheck): EntityChange[] {
  return tables.inTransaction(() => {
    const changes = [
      ...writeUpserts(tables, change.upserts, set),
      ...writeRemovals(tables, change.removals, set),
    ];
    tables.deleteOrphans(ORPHANS_PER_CHANGE);
    tables.putRow(STATE_KIND, STATE_KEY, writeState(change.state, set.toHex()));
    return changes;
  });
}

export function writeUpserts(
  tables: ReplicaTables,
  upserts: readonly ServedEntity[],
  set: SetCheck,
): EntityChange[] {
  const changes: EntityChange[] = [];
  for (const after of upserts) {
    if (after.kind === 'artifact') {
      tables.putArtifact(after.key, after.value.sealed);
      continue;
    }
    const body = JSON.stringify(after.value);
    const row = tables.readRow(after.kind, after.key);
    if (row?.body === body) continue;
    const before = row ? entityOf(row) : null;
    if (row) set.toggle(row.check);
    set.toggle(tables.putRow(after.kind, after.key, body));
    countReferences(tables, before, after);
    changes.push({ before, after });
  }
  return changes;
}

function writeRemovals(
  tables: ReplicaTables,
  removals: ReplicaChange['removals'],
  set: SetCheck,
): EntityChange[] {
  const changes: EntityChange[] = [];
  for (const { kind, key } of removals) {
    const row = kind === 'artifact' ? null : tables.readRow(kind, key);
    if (!row) continue;
    const before = entityOf(row);
    set.toggle(row.check);
    tables.deleteRow(kind, key);
    countReferences(tables, before, null);
    changes.push({ before, after: null });
  }
  return changes;
}

function countReferences(
  tables: ReplicaTables,
  before: ServedEntity | null,
  after: ServedEntity | null,
): void {
  const old = addressesOf(before);
  const current = addressesOf(after);
  for (const address of current) if (!old.has(address)) tables.addReference(address);
  for (const address of old) if (!current.has(address)) tables.dropReference(address);
}

function addressesOf(entity: ServedEntity | null): ReadonlySet<string> {
  return new Set(filesOf(entity).map((file) => file.address));
}

function filesOf(entity: ServedEntity | null): readonly ServedFile[] {
  if (entity?.kind === 'device') return entity.value.files;
  if (entity?.kind === 'site') return Object.values(entity.value.commonFiles).flat();
  return [];
}

/** The entity of a row that passed its check, so its body is what was written. */
export function entityOf(row: Row): ServedEntity | null {
  if (!isKind(row.kind)) return null;
  return { kind: row.kind, key: row.key, value: JSON.parse(row.body) } as ServedEntity;
}

function isKind(kind: string): kind is Exclude<ServedKind, 'artifact'> {
  return kind === 'device' || kind === 'site' || kind === 'rule' || kind === 'model';
}
