/**
 * Runs on a disk of a few megabytes (the folder given) in two parts. `fill` makes what a worker leaves behind, in good
 * order or by kill -9, and fills the disk. `start` is the next worker: it says as JSON what it can do there.
 */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { takeLock } from '#lib/system/lock-file.ts';
import { Spool } from '../../sip-worker/events/spool.ts';
import { createLiveView } from '../../sip-worker/replica/live-view.ts';
import { Replica } from '../../sip-worker/replica/store.ts';
import { identifyWorker } from '../../sip-worker/worker-identity.ts';
import { generation, stateOf } from './replica-generations.ts';
import { TEST_VAULT, testMac } from './served-entities.ts';

const [folder = '', part = '', ending = ''] = process.argv.slice(2);
const lock = takeLock(path.join(folder, 'worker.lock'));
const worker = identifyWorker(folder).id;
const replica = new Replica({ dataDir: folder, vault: TEST_VAULT, log: { warn: () => undefined } });
const spool = new Spool({ folder: path.join(folder, 'events') });
if (part === 'fill') {
  const draft = replica.startSnapshot();
  draft.add(generation(1));
  replica.replaceBy(draft, stateOf(1));
  replica.apply({ upserts: generation(2), removals: [], state: stateOf(2) });
  if (ending === 'orderly') {
    spool.close();
    replica.close();
    if (lock.ok) lock.value.release();
  }
  fill(path.join(folder, 'junk'));
  if (ending === 'killed') process.kill(process.pid, 'SIGKILL');
} else {
  const begun = { isLocked: lock.ok, devices: replica.lookups.devices, cursor: replica.state?.cursor };
  rmSync(path.join(folder, 'junk'));
  replica.apply({ upserts: generation(3), removals: [], state: stateOf(3) });
  console.log(JSON.stringify({ worker, begun, cursorAfter: replica.state?.cursor, text: textOf(3) }));
}

function textOf(device: number): string | undefined {
  const follows = () => ({ isLive: true, reason: null, followedAt: null });
  const view = createLiveView({ replica, vault: TEST_VAULT, follows });
  const file = view.findDeviceByMac(testMac(device))?.files[0];
  return file && view.readFile(file)?.toString();
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
