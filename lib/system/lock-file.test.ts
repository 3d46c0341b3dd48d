import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeLock } from './lock-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'provost-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a held lock names its holder, and is free after release', () => {
  const file = path.join(folder, 'start.lock');
  const first = takeLock(file);
  expect(takeLock(file)).toEqual({ ok: false, reason: 'held', at: `process ${process.pid}` });
  if (first.ok) first.value.release();
  expect(takeLock(file).ok).toBe(true);
});

test('a lock ends with its process, even by kill -9', async () => {
  const file = path.join(folder, 'start.lock');
  const program = `import { takeLock } from ${JSON.stringify(path.join(import.meta.dirname, 'lock-file.ts'))};
    takeLock(process.argv[1]); console.log('held'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program, file]);
  await once(holder.stdout, 'data');
  expect(takeLock(file)).toEqual({ ok: false, reason: 'held', at: `process ${holder.pid}` });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(takeLock(file).ok).toBe(true);
});

test('a lock that nobody refers to is held all the same', async () => {
  const file = path.join(folder, 'start.lock');
  const program = `import { takeLock } from ${JSON.stringify(path.join(import.meta.dirname, 'lock-file.ts'))};
    takeLock(process.argv[1]); await new Promise(setImmediate); gc(); console.log('held'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', program, file]);
  await once(holder.stdout, 'data');
  expect(takeLock(file).ok).toBe(false);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
});
