import { appendFileSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PhoneEvent } from '#lib/domain/event.ts';
import { Spool } from './spool.ts';

let folder: string;
let spool: Spool;

beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'provost-spool-')), 'events');
  spool = new Spool({ folder });
});
afterEach(() => {
  spool.close();
  rmSync(path.dirname(folder), { recursive: true, force: true });
});

function event(number: number, summary = 'x'): PhoneEvent {
  return {
    id: String(number),
    at: '2026-01-01T00:00:00.000Z',
    kind: 'subscribe',
    deviceId: null,
    mac: null,
    siteId: null,
    rootId: null,
    worker: 'w',
    address: null,
    summary,
    data: {},
  };
}

function addAll(numbers: readonly number[], summary = 'x'): void {
  for (const number of numbers) spool.add(event(number, summary));
}

function drain(limit = 500): string[] {
  const ids: string[] = [];
  for (let batch = spool.read(limit); batch; batch = spool.read(limit)) {
    ids.push(...batch.events.map(({ id }) => id));
    batch.release();
  }
  return ids;
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a spool', () => {
  it('gives events back in their order, in batches', () => {
    addAll(range(1, 7));
    expect(spool.read(3)?.events.map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(drain(3)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    expect(spool.read(3)).toBeNull();
    expect(spool.bytes).toBe(0);
  });

  it('gives a batch again until it is released, and after a restart', () => {
    addAll(range(1, 3));
    spool.read(500);
    expect(spool.read(500)?.events).toHaveLength(3);
    spool.close();
    spool = new Spool({ folder });
    addAll([4]);
    expect(drain()).toEqual(['1', '2', '3', '4']);
  });

  it('leaves no file behind when everything was sent', () => {
    addAll(range(1, 3));
    drain();
    spool.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('spans files, and lets go of those that were sent', () => {
    spool.close();
    spool = new Spool({ folder, segmentBytes: 2000 });
    addAll(range(1, 50));
    expect(readdirSync(folder).length).toBeGreaterThan(3);
    expect(drain(7)).toEqual(range(1, 50).map(String));
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('drops the oldest when there is no room, and counts them', () => {
    spool.close();
    spool = new Spool({ folder, segmentBytes: 2000, maxBytes: 10_000 });
    addAll(range(1, 200));
    const kept = drain();
    expect(kept.length).toBeGreaterThan(20);
    expect(kept).toEqual(range(201 - kept.length, 200).map(String));
    expect(spool.dropped).toBe(200 - kept.length);
  });

  it('ignores the release of a batch that was dropped meanwhile', () => {
    spool.close();
    spool = new Spool({ folder, segmentBytes: 2000, maxBytes: 10_000 });
    addAll(range(1, 5));
    const batch = spool.read(5);
    addAll(range(6, 200));
    const before = spool.bytes;
    batch?.release();
    expect(spool.bytes).toBe(before);
  });

  it('passes over a line that a crash tore, and keeps what comes after it', () => {
    addAll([1]);
    spool.close();
    appendFileSync(path.join(folder, '0000000001.jsonl'), '{"id":"torn","at":');
    spool = new Spool({ folder });
    addAll([2]);
    expect(drain()).toEqual(['1', '2']);
  });

  it('carries events longer than one read', () => {
    addAll([1], 'y'.repeat(700_000));
    addAll([2]);
    expect(drain()).toEqual(['1', '2']);
  });
});

describe('a full disk', () => {
  it('is counted, never thrown', () => {
    spool.close();
    symlinkSync('/dev/full', path.join(folder, '0000000001.jsonl'));
    spool = new Spool({ folder });
    addAll(range(1, 3));
    expect(spool.dropped).toBe(3);
    expect(spool.read(500)).toBeNull();
  });
});
