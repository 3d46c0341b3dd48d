import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLiveView, type LiveView } from '../../sip-worker/replica/live-view.ts';
import { Replica } from '../../sip-worker/replica/store.ts';
import { DEVICES, fileText, generation, stateOf } from '../support/replica-generations.ts';
import { TEST_VAULT, testMac, testToken } from '../support/served-entities.ts';

const WRITER = path.join(import.meta.dirname, '../support/replica-writer.ts');
const KILLS = 200;
const AT_ONCE = 4;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'provost-damage-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function open(dataDir: string): {
  readonly replica: Replica;
  readonly view: LiveView;
  readonly warnings: string[];
} {
  const warnings: string[] = [];
  const log = {
    warn: (fields: object, message: string) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
  };
  const replica = new Replica({ dataDir, vault: TEST_VAULT, log });
  const follows = () => ({ isLive: true, reason: null, followedAt: null });
  return { replica, view: createLiveView({ replica, vault: TEST_VAULT, follows }), warnings };
}

/** Which generation every single thing says it is of: one number when the set is whole, more when it is torn. */
function generationsIn(view: LiveView): Set<number> {
  const found = new Set([Number(view.status().cursor), ...view.listRules().map((rule) => rule.version)]);
  for (const site of view.listSites()) found.add(site.version);
  for (let number = 1; number <= DEVICES; number += 1) {
    const device = view.findDeviceByMac(testMac(number));
    found.add(device?.revision ?? -1);
    const file = device?.files[0];
    const text = file && view.readFile(file)?.toString();
    if (text !== fileText(number, device?.revision ?? -1)) found.add(-2);
  }
  return found;
}

describe('kill -9 in the middle of writing', () => {
  it(`leaves one whole generation, ${KILLS} times`, async () => {
    const lanes = Array.from({ length: AT_ONCE }, (_, lane) => killRepeatedly(lane, KILLS / AT_ONCE));
    const reached = (await Promise.all(lanes)).flat();
    expect(reached).toHaveLength(KILLS);
    expect(new Set(reached).size).toBeGreaterThan(KILLS / 10);
  }, 180_000);
});

/** The generation found after each kill. Kills spread over the first changes, whatever the machine's speed. */
async function killRepeatedly(lane: number, times: number): Promise<number[]> {
  const dataDir = mkdtempSync(path.join(folder, `lane-${lane}-`));
  const reached: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const written = await writeUntilKilled(dataDir, (reached.at(-1) ?? 0) + 1);
    const { replica, view, warnings } = open(dataDir);
    expect(warnings).toEqual([]);
    const generations = [...generationsIn(view)];
    expect(generations).toHaveLength(1);
    expect(generations[0]).toBeGreaterThanOrEqual(written);
    replica.close();
    reached.push(generations[0] ?? -1);
  }
  return reached;
}

/** Resolves with the generation that was certainly on the disk. */
async function writeUntilKilled(dataDir: string, first: number): Promise<number> {
  const writer = spawn(process.execPath, [WRITER, dataDir, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(writer, 'exit');
  await once(writer.stdout, 'data');
  await sleep(Math.random() * 40);
  writer.kill('SIGKILL');
  await exited;
  return first;
}

describe('one changed bit', () => {
  it('is noticed or makes no difference, 400 times', () => {
    const dataDir = mkdtempSync(path.join(folder, 'bits-'));
    const original = path.join(folder, 'original.db');
    const { replica } = open(dataDir);
    const draft = replica.startSnapshot();
    draft.add(generation(1));
    replica.replaceBy(draft, stateOf(1));
    replica.close();
    const file = path.join(dataDir, 'replica.db');
    copyFileSync(file, original);
    const noticed = Array.from({ length: 400 }, () => {
      const bytes = readFileSync(original);
      const bit = Math.floor(Math.random() * bytes.length * 8);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      writeFileSync(file, bytes);
      return isNoticed(dataDir, bit);
    });
    expect(noticed.filter(Boolean).length).toBeGreaterThan(100);
  });
});

/** False when everything is served as written; fails when something else is served. */
function isNoticed(dataDir: string, bit: number): boolean {
  const { replica, view, warnings } = open(dataDir);
  const isSetAside = existsSync(path.join(dataDir, 'replica.db.damaged'));
  for (let number = 1; number <= DEVICES; number += 1) {
    const device = view.findDeviceByMac(testMac(number));
    if (device === null) continue;
    expect(device.revision, `bit ${bit}`).toBe(1);
    expect(view.openToken(device), `bit ${bit}`).toBe(testToken(number));
    const file = device.files[0];
    const text = file && view.readFile(file)?.toString();
    expect([undefined, fileText(number, 1)], `bit ${bit}`).toContain(text);
  }
  const isWhole = !isSetAside && view.status().mode === 'live' && generationsIn(view).size === 1;
  const isTold = warnings.length > 0;
  expect(isWhole || isTold, `bit ${bit}`).toBe(true);
  replica.close();
  rmSync(path.join(dataDir, 'replica.db.damaged'), { force: true });
  return isTold;
}
