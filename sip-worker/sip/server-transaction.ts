import type { SipRequest } from './message.ts';
import { createRecentMap } from './recent-map.ts';
import type { TransactionHeaders } from './request.ts';

const MAGIC_COOKIE = 'z9hG4bK';
const TIMER_J_MS = 32_000;

/**
 * What a repeated request has in common with the first one (RFC 3261 17.2.3): branch, sent-by and method; without a
 * usable branch the rule of RFC 2543. Phones have weak random numbers at boot, so source address and Call-ID join the
 * key in both cases; a true repeat has them equal too.
 */
export function transactionKey(
  request: SipRequest,
  headers: TransactionHeaders,
  sourceAddress: string,
): string {
  const { topVia } = headers;
  const branch = topVia.parameters.get('branch') ?? '';
  const shared = [sourceAddress, headers.callId, headers.cseq];
  const isUsable = branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE);
  if (isUsable) return [branch, topVia.host, topVia.port, request.method, ...shared].join('\n');
  const toTag = headers.toAddress.parameters.get('tag');
  const fromTag = headers.fromAddress.parameters.get('tag');
  return ['', request.uri, toTag, fromTag, topVia.text, ...shared].join('\n');
}

export interface ServerTransactions<T> {
  /** What was stored for this key less than Timer J ago. */
  find(key: string): T | null;
  store(key: string, value: T): void;
  readonly size: number;
}

interface Entry<T> {
  readonly value: T;
  readonly expiresAt: number;
}

/**
 * Final responses by key for Timer J (64*T1, RFC 3261 17.2.2), at most `limit` of them. They are dropped when their time is
 * over and others come, or when too many come; then the newest half stays.
 */
export function createServerTransactions<T>(options: {
  readonly now: () => number;
  readonly limit: number;
}): ServerTransactions<T> {
  const entries = createRecentMap<Entry<T>>(options.limit);
  let turnedAt = options.now();
  return {
    find(key) {
      const entry = entries.get(key);
      return entry && entry.expiresAt > options.now() ? entry.value : null;
    },
    store(key, value) {
      const now = options.now();
      if (now - turnedAt >= TIMER_J_MS) {
        entries.turn();
        turnedAt = now;
      }
      entries.set(key, { value, expiresAt: now + TIMER_J_MS });
    },
    get size() {
      return entries.size;
    },
  };
}
