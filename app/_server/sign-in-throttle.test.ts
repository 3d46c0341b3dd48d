import { expect, it } from 'vitest';
import { createSignInThrottle } from './sign-in-throttle.ts';

const ATTEMPT = { email: 'anna@example.net', address: '10.0.0.7' };
const QUARTER_HOUR_MS = 15 * 60_000;

function throttleAt(start = 0) {
  const clock = { ms: start };
  return { clock, throttle: createSignInThrottle({ now: () => clock.ms }) };
}

it('lets five attempts through at once, then asks for thirty seconds', () => {
  const { throttle } = throttleAt();
  for (let count = 0; count < 5; count += 1) expect(throttle.begin(ATTEMPT)).toEqual({ ok: true });
  expect(throttle.begin(ATTEMPT)).toEqual({ ok: false, waitSec: 30 });
});

it('lets at most ten attempts through in a quarter of an hour', () => {
  const { clock, throttle } = throttleAt();
  let tried = 0;
  for (; clock.ms < QUARTER_HOUR_MS; clock.ms += 500) if (throttle.begin(ATTEMPT).ok) tried += 1;
  expect(tried).toBeLessThanOrEqual(10);
});

it('counts attempts that are under way, so that many at once do not slip through', () => {
  const { throttle } = throttleAt();
  const answers = Array.from({ length: 50 }, () => throttle.begin(ATTEMPT).ok);
  expect(answers.filter(Boolean)).toHaveLength(5);
});

it('forgets failures after a success and after a quiet quarter of an hour', () => {
  const { clock, throttle } = throttleAt();
  for (let count = 0; count < 4; count += 1) throttle.begin(ATTEMPT);
  throttle.succeed(ATTEMPT);
  for (let count = 0; count < 5; count += 1) expect(throttle.begin(ATTEMPT).ok).toBe(true);
  clock.ms += 30_000 + QUARTER_HOUR_MS + 1;
  expect(throttle.begin(ATTEMPT).ok).toBe(true);
  expect(throttle.begin(ATTEMPT).ok).toBe(true);
});

it('asks one address that tries many accounts to wait, whichever of its /64 it uses', () => {
  const { throttle } = throttleAt();
  const tryAt = (address: string, count: number) =>
    throttle.begin({ email: `user${count}@example.net`, address }).ok;
  const answers = Array.from({ length: 40 }, (_, count) => tryAt(`2001:db8:1:2::${count}`, count));
  expect(answers.filter(Boolean)).toHaveLength(30);
  expect(tryAt('2001:db8:1:3::1', 41)).toBe(true);
});

it('takes no account at all for one of the accounts', () => {
  const { throttle } = throttleAt();
  for (let count = 0; count < 9; count += 1) throttle.begin({ ...ATTEMPT, email: '' });
  expect(throttle.begin(ATTEMPT).ok).toBe(true);
});

it('does not count those who sign in against their address', () => {
  const { throttle } = throttleAt();
  for (let count = 0; count < 100; count += 1) {
    const attempt = { email: `user${count}@example.net`, address: '10.0.0.7' };
    expect(throttle.begin(attempt).ok).toBe(true);
    throttle.succeed(attempt);
  }
});

it('keeps the owner free at another address, and other accounts free at the same one', () => {
  const { throttle } = throttleAt();
  for (let count = 0; count < 9; count += 1) throttle.begin(ATTEMPT);
  expect(throttle.begin({ ...ATTEMPT, address: '10.0.0.8' }).ok).toBe(true);
  expect(throttle.begin({ ...ATTEMPT, email: 'bob@example.net' }).ok).toBe(true);
  expect(throttle.begin({ ...ATTEMPT, email: ' ANNA@example.net' }).ok).toBe(false);
});
