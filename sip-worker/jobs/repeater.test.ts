import { EventEmitter, once } from 'node:events';
import { expect, it } from 'vitest';
import { Repeater } from './repeater.ts';

const LONG_MS = 3_600_000;

it('works at once, when it is woken, and not again after it was closed', async () => {
  const worked = new EventEmitter();
  let times = 0;
  const first = once(worked, 'done');
  const work = async (): Promise<void> => {
    times += 1;
    worked.emit('done');
  };
  const repeater = new Repeater({ name: 'x', everyMs: LONG_MS, work, log: { warn: () => undefined } });
  await first;
  const second = once(worked, 'done');
  repeater.wake();
  await second;
  await repeater.close();
  repeater.wake();
  expect(times).toBe(2);
});

it('goes on after a failure, and tells of it once in a row', async () => {
  const worked = new EventEmitter();
  const warnings: string[] = [];
  let times = 0;
  const fifth = once(worked, 'fifth');
  const work = async (): Promise<void> => {
    times += 1;
    if (times === 5) worked.emit('fifth');
    if (times !== 3) throw new Error('no');
  };
  const log = { warn: (_: object, message: string) => void warnings.push(message) };
  const repeater = new Repeater({ name: 'x', everyMs: 0, work, log });
  const hurry = setInterval(() => repeater.wake(), 1);
  await fifth;
  clearInterval(hurry);
  await repeater.close();
  expect(warnings).toEqual(['x failed and is tried again', 'x failed and is tried again']);
});

it('is closed only when its work has ended', async () => {
  const started = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<void>();
  let isDone = false;
  const work = async (): Promise<void> => {
    started.resolve();
    await finished.promise;
    isDone = true;
  };
  const repeater = new Repeater({ name: 'x', everyMs: LONG_MS, work, log: { warn: () => undefined } });
  await started.promise;
  const closing = repeater.close();
  finished.resolve();
  await closing;
  expect(isDone).toBe(true);
});
