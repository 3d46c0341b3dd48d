import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot, startProcess } from '../support/processes.ts';
import { DEVICES, fileText } from '../support/replica-generations.ts';

it('a full disk leaves the last whole set served, counts events that found no room, and is over when there is room', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'provost-full-'));
  const script = path.join(projectRoot, 'tests/support/full-disk.ts');
  const command = `mount -t tmpfs -o size=3m none ${folder} && exec ${process.execPath} ${script} ${folder}`;
  const run = startProcess('unshare', ['-Urm', 'sh', '-c', command]);
  const { code } = await run.ended;
  rmSync(folder, { recursive: true });
  expect({ code, said: run.lines }).toMatchObject({ code: 0 });
  const { whileFull, after, served, kept } = JSON.parse(run.lines.at(-1) ?? '');
  expect(whileFull).toMatchObject({ applied: 'SQLite 13', replaced: 'SQLite 13', served: 1 });
  expect(whileFull.dropped).toBeGreaterThan(0);
  expect(after).toBe('done');
  expect(served).toBe(4);
  expect(kept.at(0)).toBe('1');
  expect(kept.at(-1)).toBe('99');
});

it.each(['orderly', 'killed'])(
  'a worker that starts on a full disk serves what the last one left (%s)',
  async (ending) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'provost-full-'));
    const program = `${process.execPath} ${path.join(projectRoot, 'tests/support/full-disk-start.ts')} ${folder}`;
    const command = `mount -t tmpfs -o size=3m none ${folder} && { ${program} fill ${ending}; ${program} start; }`;
    const run = startProcess('unshare', ['-Urm', 'sh', '-c', command]);
    const { code } = await run.ended;
    rmSync(folder, { recursive: true });
    expect({ code, said: run.lines }).toMatchObject({ code: 0 });
    expect(JSON.parse(run.lines.at(-1) ?? '')).toMatchObject({
      begun: { isLocked: true, devices: DEVICES, cursor: '2' },
      cursorAfter: '3',
      text: fileText(3, 3),
    });
  },
);
