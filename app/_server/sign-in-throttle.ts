import { sourceNetwork } from '#lib/system/network.ts';

/**
 * Slows the guessing of passwords down: five failures for one account from one address are free, and thirty for all
 * accounts; then every further one doubles the wait, up to a quarter of an hour. Nobody is locked out for good, and
 * never from another address. IPv6 addresses of one /64 are one.
 */

const FREE_FAILURES = { account: 5, address: 30 } as const;
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

  function countFailure(key: string, free: number): void {
    const entry = fresh(entries.get(key), now());
    entry.failures += 1;
    entry.blockedUntilMs = now() + waitAfter(entry.failures - free);
    entries.delete(key);
    entries.set(key, entry);
    forgetOldest(entries);
  }

  return {
    begin(attempt) {
      const keys = keysOf(attempt);
      const blockedUntilMs = Math.max(
        ...[keys.account, keys.address].map((key) => fresh(entries.get(key), now()).blockedUntilMs),
      );
      if (blockedUntilMs > now()) return { ok: false, waitSec: Math.ceil((blockedUntilMs - now()) / 1000) };
      countFailure(keys.address, FREE_FAILURES.address);
      countFailure(keys.account, FREE_FAILURES.account);
      return { ok: true };
    },
    succeed(attempt) {
      const keys = keysOf(attempt);
      entries.delete(keys.account);
      const address = entries.get(keys.address);
      if (address) address.failures -= 1;
    },
  };
}

/** @param over failures behind the last free one, from 0 */
function waitAfter(over: number): number {
  return over < 0 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** over);
}

function fresh(entry: Entry | undefined, nowMs: number): Entry {
  const isOver = !entry || entry.blockedUntilMs + FORGET_AFTER_MS < nowMs;
  return isOver ? { failures: 0, blockedUntilMs: 0 } : entry;
}

function forgetOldest(entries: Map<string, Entry>): void {
  const [oldest] = entries.keys();
  if (entries.size > MOST_ENTRIES && oldest !== undefined) entries.delete(oldest);
}

function keysOf({ email, address }: SignInAttempt): { readonly account: string; readonly address: string } {
  const source = sourceNetwork(address);
  return { account: `account ${email.trim().toLowerCase()}\n${source}`, address: `address ${source}` };
}
