import { readFileSync } from 'node:fs';
import path from 'node:path';

/** One datagram of `tests/fixtures/pnp-subscribe.json` and what a responder should make of it. */
export interface SubscribeCase {
  readonly id: string;
  readonly title: string;
  readonly raw: string;
  readonly rawEncoding?: 'latin1';
  readonly source: { readonly address: string; readonly port: number };
  readonly expected: {
    readonly outcome: 'answer' | 'answer-without-mac' | 'ignore';
    readonly alsoAcceptable?: readonly string[];
    readonly mac: string | null;
    readonly macSource: string | null;
    readonly event: Readonly<Record<string, string | null>>;
    readonly identity: Readonly<Record<string, unknown>>;
    readonly reply: { readonly address: string; readonly port: number };
    readonly notify: { readonly address: string; readonly port: number; readonly requestUri: string };
    readonly mustNotSendTo?: readonly string[];
    readonly maxAmplification?: number;
    readonly viaCount?: number;
    readonly viaResponse?: { readonly received: string; readonly rport: number };
  };
}

/** One timed sequence of `tests/fixtures/pnp-transactions.json`. */
export interface TransactionCase {
  readonly id: string;
  readonly group: 'server' | 'client';
  readonly title: string;
  readonly precondition?: string;
  readonly steps: readonly TransactionStep[];
  readonly expected: {
    readonly responses?: number;
    readonly responsesIdentical?: boolean;
    readonly notifyTransactions?: number;
    readonly notifySendTimesMs?: readonly number[];
    readonly timeoutMs?: number;
    readonly result?: 'delivered' | 'refused';
  };
}

export interface TransactionStep {
  readonly atMs: number;
  readonly receive?: string;
  readonly receiveTemplate?: string;
  readonly receiveResponse?: { readonly status: number; readonly reason?: string };
  readonly httpGet?: string;
  readonly from: { readonly address: string; readonly port: number };
}

function readCases<T>(name: string): readonly T[] {
  const file = path.join(import.meta.dirname, '..', 'fixtures', `${name}.json`);
  return (JSON.parse(readFileSync(file, 'utf8')) as { cases: T[] }).cases;
}

export const subscribeCases: readonly SubscribeCase[] = readCases('pnp-subscribe');
export const transactionCases: readonly TransactionCase[] = readCases('pnp-transactions');

export function findSubscribeCase(id: string): SubscribeCase {
  const found = subscribeCases.find((vector) => vector.id === id);
  if (!found) throw new Error(`no case ${id}`);
  return found;
}
