import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runInNamespace } from '../support/namespace.ts';

test('SIPp as 100 phones that multicast at boot gets 100 times 200 and NOTIFY, and answers each once', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'provost-sipp-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const program = path.join(import.meta.dirname, 'sipp-namespace.ts');
  const run = await runInNamespace<{ sipp: string; kinds: Record<string, number>; problems: string[] }>(
    program,
    [folder, '100'],
  );
  expect(run.sipp).toBe('every call succeeded');
  expect(run.kinds).toMatchObject({
    subscribe: 100,
    'ok-sent': 100,
    'notify-sent': 100,
    'notify-answered': 100,
  });
  expect(run.problems).toEqual([]);
});
