import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createLog, maskPath } from './log.ts';

function lineOf(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  write(createLog('worker', { destination: { write: (line) => lines.push(line) } }));
  return lines.join('');
}

test('a line is JSON and names its component', () => {
  expect(JSON.parse(lineOf((log) => log.info({ port: 5060 }, 'listening')))).toMatchObject({
    level: 30,
    component: 'worker',
    port: 5060,
    msg: 'listening',
  });
});

test('fields with secret names are not written', () => {
  const line = lineOf((log) =>
    log.info({
      password: 'canary1',
      headers: { authorization: 'canary2', 'set-cookie': 'canary3' },
      device: { line: { password: 'canary4' } },
    }),
  );
  expect(line).not.toContain('canary');
  expect(line).toContain('[secret]');
});

test('control characters from the network stay one harmless line', () => {
  const agent = 'Phone\r\n{"level":60}\u001b[2J\u009b2J\u2028\u202e';
  const line = lineOf((log) => log.info({ agent }, agent));
  expect(line.trimEnd()).toMatch(/^[\x20-\x7e]*$/);
  expect(JSON.parse(line)).toMatchObject({ agent, msg: agent });
});

test('neither a log nor words on a full disk end their process', () => {
  const full = openSync('/dev/full', 'w');
  const module = JSON.stringify(path.join(import.meta.dirname, 'log.ts'));
  const program = `import { createLog, outliveOutput } from ${module};
    outliveOutput();
    const log = createLog('worker');
    const say = (word) => { log.info(word); console.log(word); };
    say('one');
    setTimeout(() => { say('two'); console.error('alive'); }, 20);`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(full);
  expect(run).toMatchObject({ status: 0, stderr: expect.stringContaining('alive') });
});

test.each([
  ['/d/abcdefghijklmnopqrstuvwxyz/0021f222b01d.cfg', '/d/…wxyz/0021f222b01d.cfg'],
  ['/d/abcdefghijklmnopqrstuvwxyz', '/d/…wxyz'],
  ['http://10.0.0.1:8080/d/abcdefghijklmnopqrstuvwxyz/', 'http://10.0.0.1:8080/d/…wxyz/'],
  ['/d/short/x', '/d/…/x'],
  ['/s/berlin/0021f222b01d.cfg', '/s/berlin/0021f222b01d.cfg'],
  ['/0021f222b01d.cfg', '/0021f222b01d.cfg'],
])('%s is shown as %s', (given, shown) => {
  expect(maskPath(given)).toBe(shown);
});
