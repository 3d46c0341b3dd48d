/**
 * Runs on a disk of a few megabytes (the folder given), fills it, and says as JSON what a replica and a spool made of
 * it before, while and after it was full.
 */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { Spool } from '../../sip-worker/events/spool.ts';
import { createLiveView } from '../../sip-worker/replica/live-view.ts';
import { Replica } from '../../sip-worker/replica/store.ts';
import { fileText, generation, stateOf } from './replica-generations.ts';
import { TEST_VAULT, testMac } from './served-entities.ts';

const folder = process.argv[2] ?? '';
const replica = new Replica({ dataDir: folder, vault: TEST_VAULT, log: { warn: () => undefined } });
const follows = () => ({ isLive: true, reason: null, followedAt: null });
const view = createLiveView({ replica, vault: TEST_VAULT, follows });
const spool = new Spool({ folder: path.join(folder, 'events') });
const draft = replica.startSnapshot();
draft.add(generation(1));
replica.replaceBy(draft, stateOf(1));
spool.add(event(1));

const junk = path.join(folder, 'junk');
fill(junk);
const applied = attempt(() => replica.apply({ upserts: generation(2), removals: [], state: stateOf(2) }));
const replaced = attempt(() => {
  const next = replica.startSnapshot();
  try {
    next.add(generation(3));
    replica.replaceBy(next, stateOf(3));
  } finally {
    next.discard();
  }
});
for (let number = 2; number < 40; number += 1) spool.add(event(number));
const whileFull = { applied, replaced, dropped: spool.dropped, served: servedGeneration() };

rmSync(junk);
const after = attempt(() => replica.apply({ upserts: generation(4), removals: [], state: stateOf(4) }));
spool.add(event(99));
const kept = spool.read(500)?.events.map(({ id }) => id) ?? [];
console.log(JSON.stringify({ whileFull, after, served: servedGeneration(), kept }));

/** The one generation that everything is of, -1 when it is torn. */
function servedGeneration(): number {
  const device = view.findDeviceByMac(testMac(3));
  const file = device?.files[0];
  const text = file && view.readFile(file)?.toString();
  const revision = device?.revision ?? -1;
  const isWhole = text === fileText(3, revision) && view.status().cursor === String(revision);
  return isWhole ? revision : -1;
}

function attempt(work: () => void): string {
  try {
    work();
    return 'done';
  } catch (error) {
    return error instanceof Error && 'errcode' in error
      ? `SQLite ${Number(error.errcode) & 0xff}`
      : String(error);
  }
}

function fill(file: string): void {
  const descriptor = openSync(file, 'w');
  for (const size of [65_536, 4096, 1]) {
    const bytes = Buffer.alloc(size);
    try {
      while (writeSync(descriptor, bytes) === size);
    } catch {
      // Full for pieces of this size; smaller ones may still fit.
    }
  }
  closeSync(descriptor);
}

function event(number: number) {
  const nothing = { deviceId: null, mac: null, siteId: null, rootId: null, address: null, data: {} };
  const summary = 'x'.repeat(400);
  return {
    id: String(number),
    at: '2026-01-01T00:00:00.000Z',
    kind: 'subscribe',
    worker: 'w',
    summary,
    ...nothing,
  } as const;
}
