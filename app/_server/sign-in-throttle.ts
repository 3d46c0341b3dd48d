/**
 * Slows the guessing of passwords down: five failures for one account from one address are free, then every further
 * one doubles the wait, up to a quarter of an hour. Nobody is locked out for good, and never from another address.
 */

const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 15 * 60_000;
const FORGET_AFTER_MS = 15 * 60_000;
const MOST_ENTRIES = 20_000;

export interface SignInThrottle {
  /** Counts an attempt as failed until `succeed` says otherwise. Says how long to wait when it is too early for one. */
  begin(attempt: SignInAttempt): { readonly ok: true } | { readonly ok: false; readonly waitSec: number };
  succeed(attempt: SignInAttempt): void;
}

export interface SignInAttempt {
  readonly email: string;
  readonly address: string;
}

interface Entry {
  failures: number;
  blockedUntilMs: number;
}

export function createSignInThrottle({ now }: { readonly now: () => number }): SignInThrottle {
  const entries = new Map<string, Entry>();
  return {
    begin(attempt) {
      const key = keyOf(attempt);
      const entry = fresh(entries.get(key), now());
      if (entry.blockedUntilMs > now()) {
        return {
          ok: false,
          waitSec: Math.ceil((entry.blockedUntilMs - now()) / 1000),
        };
      }
      entry.failures += 1;
      entry.blockedUntilMs = now() + waitAfter(entry.failures);
      entries.delete(key);
      entries.set(key, entry);
      forgetOldest(entries);
      return { ok: true };
    },
    succeed(attempt) {
      entries.delete(keyOf(attempt));
    },
  };
}

function waitAfter(failures: number): number {
  if (failures < FREE_FAILURES) return 0;
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - FREE_FAILURES));
}

function fresh(entry: Entry | undefined, nowMs: number): Entry {
  const isOver = !entry || entry.blockedUntilMs + FORGET_AFTER_MS < nowMs;
  return isOver ? { failures: 0, blockedUntilMs: 0 } : entry;
}

function forgetOldest(entries: Map<string, Entry>): void {
  const [oldest] = entries.keys();
  if (entries.size > MOST_ENTRIES && oldest !== undefined) entries.delete(oldest);
}

function keyOf({ email, address }: SignInAttempt): string {
  return `${email.trim().toLowerCase()}\n${address}`;
}
