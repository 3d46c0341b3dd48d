import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';
import { Sleeper } from './sleeper.ts';

const LONG_MS = 3_600_000;

describe('a sleeper', () => {
  it('is woken', async () => {
    const sleeper = new Sleeper();
    const sleeping = sleeper.sleep(LONG_MS);
    sleeper.wake();
    await sleeping;
  });

  it('does not lose a wake that comes before it sleeps', async () => {
    const sleeper = new Sleeper();
    sleeper.wake();
    await sleeper.sleep(LONG_MS);
  });

  it('wakes by itself', () => new Sleeper().sleep(1));
});

describe('backoffMs', () => {
  it('doubles its bound from 0.4 s to 5 s', () => {
    const most = [1, 2, 3, 4, 5, 50].map((failures) => backoffMs(failures, 1));
    expect(most).toEqual([400, 800, 1600, 3200, 5000, 5000]);
  });

  it('takes anything below the bound, so that workers do not come back together', () => {
    expect(backoffMs(3, 0)).toBe(0);
    expect(backoffMs(3, 0.5)).toBe(800);
  });
});
