import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { identifyWorker } from './worker-identity.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'provost-identity-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

it('a worker keeps its name with its data directory', () => {
  const { id } = identifyWorker(dataDir);
  expect(id).toMatch(/^[a-z0-9-]+$/);
  expect(identifyWorker(dataDir).id).toBe(id);
});

it('a name that is none is replaced', () => {
  writeFileSync(path.join(dataDir, 'worker.id'), 'not\na name');
  const { id } = identifyWorker(dataDir);
  expect(id).toMatch(/^[a-z0-9-]+$/);
  expect(identifyWorker(dataDir).id).toBe(id);
});
