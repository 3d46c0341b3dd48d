import type { Mac } from '../../lib/domain/mac.ts';
import {
  type ClientOutcome,
  type ClientTransaction,
  startClientTransaction,
  type Timers,
} from '../sip/client-transaction.ts';
import { headerValue, type SipResponse } from '../sip/message.ts';
import { createRecentMap, type RecentMap } from '../sip/recent-map.ts';
import { parseVia } from '../sip/via.ts';
import type { PnpEvent, PnpExchange } from './event.ts';
import type { PnpContext } from './policy.ts';
import type { PnpSource } from './subscription.ts';

export type SendDatagram = (datagram: Uint8Array, target: PnpSource, context: PnpContext) => void;

export interface NotifierOptions {
  readonly send: SendDatagram;
  readonly now: () => number;
  readonly timers: Timers;
  readonly observe: (event: PnpEvent) => void;
  /** NOTIFYs that may wait for their answer at the same time, and sources remembered as real. */
  readonly mostPending: number;
  readonly mostProven: number;
}

/** Bytes that came in from a source and went out to it for one exchange; the limit on reflection is their ratio. */
export interface ByteAccount {
  bytesIn: number;
  bytesOut: number;
}

export interface Delivery {
  readonly exchange: PnpExchange;
  readonly account: ByteAccount;
  readonly branch: string;
  readonly notify: Uint8Array;
  readonly target: PnpSource;
  readonly context: PnpContext;
}

interface Pending {
  readonly delivery: Delivery;
  readonly transaction: ClientTransaction;
  stopReason: 'fetched' | 'asked-again' | 'closed';
}

const MOST_ENDED = 8192;
const MOST_SENDS_UNPROVEN = 3;
const MOST_AMPLIFICATION_UNPROVEN = 5;
/** A common file that one of very many phones behind an address fetched says nothing about the others. */
const MOST_SHARING = 16;

/** The NOTIFYs under way. One per phone: a phone that asks again has forgotten the one before. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #byBranch = new Map<string, Pending>();
  readonly #byPhone = new Map<string, Pending>();
  readonly #byMac = createIndex<Pending>();
  readonly #byAddress = createIndex<Pending>();
  readonly #ended = createRecentMap<true>(MOST_ENDED);
  readonly #proven: RecentMap<true>;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#proven = createRecentMap(options.mostProven);
  }

  /** NOTIFYs that wait for an answer. */
  get pending(): number {
    return this.#byBranch.size;
  }

  get isFull(): boolean {
    return this.#byBranch.size >= this.#options.mostPending;
  }

  /** True for a source that answered a NOTIFY or fetched a file: nobody forged its address. */
  isProven(address: string): boolean {
    return this.#proven.has(address);
  }

  /** Sends the NOTIFY and repeats it until it is answered, its file fetched, or time is up. */
  deliver(delivery: Delivery): void {
    const { exchange, target } = delivery;
    const phone = phoneKey(exchange.mac, target);
    stop(this.#byPhone.get(phone), 'asked-again');
    const pending: Pending = {
      delivery,
      stopReason: 'closed',
      transaction: startClientTransaction({
        timers: this.#options.timers,
        now: this.#options.now,
        send: (attempt) => this.#send(delivery, attempt),
        // Repeats of an answer are told by their branch alone, which takes less room than a transaction that lingers.
        lingerMs: 0,
        onOutcome: (outcome) => this.#report(pending, outcome),
        onTerminated: () => this.#forget(pending),
      }),
    };
    this.#byBranch.set(delivery.branch, pending);
    this.#byPhone.set(phone, pending);
    this.#byAddress.add(target.address, pending);
    if (exchange.mac !== null) this.#byMac.add(exchange.mac, pending);
  }

  /** False when it answers no NOTIFY of ours; a repeated answer is swallowed. */
  receiveResponse(response: SipResponse, source: PnpSource): boolean {
    const via = parseVia(headerValue(response, 'via') ?? '');
    const branch = (via.ok && via.value.parameters.get('branch')) || '';
    if (this.#ended.has(branch)) return true;
    const pending = this.#byBranch.get(branch);
    const isForNotify = CSEQ_OF_NOTIFY.test(headerValue(response, 'cseq') ?? '');
    // The port is free: some phones answer from another one than they listen on.
    if (!pending || !isForNotify || source.address !== pending.delivery.target.address) return false;
    this.#proven.set(source.address, true);
    pending.transaction.receive(response.status);
    return true;
  }

  noteFetch(address: string, mac: Mac | null): void {
    this.#proven.set(address, true);
    for (const pending of this.#findFetching(address, mac)) stop(pending, 'fetched');
  }

  close(): void {
    for (const pending of [...this.#byBranch.values()]) stop(pending, 'closed');
  }

  #send(delivery: Delivery, attempt: number): boolean {
    const { account, notify, target } = delivery;
    const bytesOut = account.bytesOut + notify.length;
    const isWithin =
      attempt <= MOST_SENDS_UNPROVEN && bytesOut <= MOST_AMPLIFICATION_UNPROVEN * account.bytesIn;
    if (attempt > 1 && !isWithin && !this.#proven.has(target.address)) return false;
    account.bytesOut = bytesOut;
    this.#options.send(notify, target, delivery.context);
    this.#options.observe({
      kind: 'notify-sent',
      exchange: delivery.exchange,
      attempt,
      bytes: notify.length,
    });
    return true;
  }

  #report(pending: Pending, outcome: ClientOutcome): void {
    this.#options.observe(outcomeEvent(pending.delivery.exchange, outcome, pending.stopReason));
  }

  #forget(pending: Pending): void {
    const { exchange, target, branch } = pending.delivery;
    this.#byBranch.delete(branch);
    this.#ended.set(branch, true);
    const phone = phoneKey(exchange.mac, target);
    if (this.#byPhone.get(phone) === pending) this.#byPhone.delete(phone);
    this.#byAddress.remove(target.address, pending);
    if (exchange.mac !== null) this.#byMac.remove(exchange.mac, pending);
  }

  #findFetching(address: string, mac: Mac | null): Pending[] {
    const here = this.#byAddress.few(address);
    if (mac === null) return here;
    const own = this.#byPhone.get(`${mac}@${address}`);
    return [
      ...(own ? [own] : []),
      ...this.#byMac.few(mac),
      ...here.filter(({ delivery }) => delivery.exchange.mac === null),
    ];
  }
}

/** Another address with the same MAC may be a liar, and must not silence what is under way to the phone. */
function phoneKey(mac: Mac | null, target: PnpSource): string {
  return mac === null ? `${target.address}:${target.port}` : `${mac}@${target.address}`;
}

const CSEQ_OF_NOTIFY = /^\d{1,10}\s+NOTIFY$/;

function stop(pending: Pending | undefined, reason: Pending['stopReason']): void {
  if (!pending) return;
  pending.stopReason = reason;
  pending.transaction.stop();
}

function outcomeEvent(
  exchange: PnpExchange,
  outcome: ClientOutcome,
  reason: Pending['stopReason'],
): PnpEvent {
  const { sends } = outcome;
  if (outcome.kind === 'timed-out') return { kind: 'notify-timed-out', exchange, sends };
  if (outcome.kind === 'stopped') return { kind: 'notify-stopped', exchange, reason, sends };
  return {
    kind: 'notify-answered',
    exchange,
    status: outcome.status,
    roundTripMs: outcome.roundTripMs,
    sends,
  };
}

interface Index<T> {
  add(key: string, item: T): void;
  remove(key: string, item: T): void;
  /** The items of a key; none when there are too many to say which is meant. */
  few(key: string): T[];
}

function createIndex<T>(): Index<T> {
  const sets = new Map<string, Set<T>>();
  return {
    add(key, item) {
      sets.set(key, (sets.get(key) ?? new Set()).add(item));
    },
    remove(key, item) {
      const items = sets.get(key);
      items?.delete(item);
      if (items?.size === 0) sets.delete(key);
    },
    few(key) {
      const items = sets.get(key);
      return items && items.size <= MOST_SHARING ? [...items] : [];
    },
  };
}
