import type { Mac } from '../../lib/domain/mac.ts';
import { ok, type Result } from '../../lib/domain/result.ts';
import type { Timers } from '../sip/client-transaction.ts';
import { parseMessage } from '../sip/message.ts';
import { createServerTransactions, type ServerTransactions } from '../sip/server-transaction.ts';
import type { PnpEvent, PnpExchange } from './event.ts';
import { type ByteAccount, Notifier, type SendDatagram } from './notifier.ts';
import { buildNotify, buildOk } from './notify.ts';
import type { PnpContext, PnpDecision, PnpPolicy } from './policy.ts';
import { createRateLimit } from './rate-limit.ts';
import { type PnpRequest, type PnpSource, readSubscription } from './subscription.ts';

export interface PnpLimits {
  /** Datagrams per second looked at, from one source and from all. Loopback sources are not counted. */
  readonly perSourcePerSecond: number;
  readonly overallPerSecond: number;
  /** Entries held at most in each of the tables: sources, stored responses, NOTIFYs under way. */
  readonly mostSources: number;
  readonly mostExchanges: number;
}

export const DEFAULT_LIMITS: PnpLimits = {
  perSourcePerSecond: 5,
  overallPerSecond: 5_000,
  mostSources: 16_384,
  mostExchanges: 32_768,
};

export interface PnpResponderOptions {
  readonly policy: PnpPolicy;
  readonly observe: (event: PnpEvent) => void;
  readonly send: SendDatagram;
  readonly now: () => number;
  readonly timers: Timers;
  /** Hexadecimal digits that nobody can guess, 16 or more. */
  readonly random: () => string;
  /** Whether an address is in a subnet of ours: a phone that multicasts is. */
  readonly isOnLink: (address: string) => boolean;
  /** Whether the datagram came from one of our own sockets. */
  readonly isOwnSocket: (source: PnpSource) => boolean;
  readonly limits?: PnpLimits;
}

/** A SUBSCRIBE that was seen, and the response that its repeats get again. */
interface Seen {
  exchange: PnpExchange;
  readonly account: ByteAccount;
  ok: Uint8Array | null;
}

interface Incoming {
  readonly bytes: Uint8Array;
  readonly request: PnpRequest;
  readonly context: PnpContext;
}

interface Refusal {
  readonly reason: string;
  readonly at?: string;
}

const SHORTEST_DATAGRAM = 20;
const LONGEST_DATAGRAM = 4096;
const FIRST_UNPRIVILEGED_PORT = 1024;
const MOST_AMPLIFICATION_AT_ONCE = 3;

/**
 * Answers phones that ask the group for their provisioning URL. Whatever is not such a question, comes from elsewhere or
 * too often gets no answer at all. An answer goes to the source of the question only, and stays within three bytes per
 * byte received, with all repeats within five, until the source has shown that it is real.
 */
export class PnpResponder {
  readonly #options: PnpResponderOptions;
  readonly #seen: ServerTransactions<Seen>;
  readonly #notifier: Notifier;
  readonly #takeToken: (address: string) => boolean;
  #lastId = 0;

  constructor(options: PnpResponderOptions) {
    const { now } = options;
    const limits = options.limits ?? DEFAULT_LIMITS;
    this.#options = options;
    this.#seen = createServerTransactions({ now, limit: limits.mostExchanges });
    this.#notifier = new Notifier({
      ...options,
      mostPending: limits.mostExchanges,
      mostProven: limits.mostExchanges,
    });
    this.#takeToken = createRateLimit({
      now,
      perSource: limits.perSourcePerSecond,
      overall: limits.overallPerSecond,
      mostSources: limits.mostSources,
    });
  }

  /** A datagram that arrived for the group. */
  receive(bytes: Uint8Array, source: PnpSource, context: PnpContext): void {
    this.#observeRefusal(this.#answerDatagram(bytes, source, context), bytes, source);
  }

  /** A datagram that arrived at a socket we send from: answers to our NOTIFYs. */
  receiveUnicast(bytes: Uint8Array, source: PnpSource): void {
    this.#observeRefusal(this.#readResponse(bytes, source), bytes, source);
  }

  /** A file was fetched: the URL arrived, whether the NOTIFY was answered or not. */
  noteFetch(address: string, mac: Mac | null): void {
    this.#notifier.noteFetch(address, mac);
  }

  /** NOTIFYs that wait for an answer. */
  get pending(): number {
    return this.#notifier.pending;
  }

  close(): void {
    this.#notifier.close();
  }

  #observeRefusal(refusal: Refusal | null, bytes: Uint8Array, source: PnpSource): void {
    if (!refusal) return;
    const { reason, at } = refusal;
    this.#options.observe({ kind: 'refused', source, reason, at: at ?? null, bytes: bytes.length });
  }

  #answerDatagram(bytes: Uint8Array, source: PnpSource, context: PnpContext): Refusal | null {
    const unwanted = this.#findUnwanted(bytes, source);
    if (unwanted !== null) return { reason: unwanted };
    const message = parseMessage(bytes);
    if (!message.ok) return message;
    const reading = readSubscription(message.value, source);
    if (!reading.ok) return reading;
    const incoming = { bytes, request: reading.value, context };
    const seen = this.#seen.find(reading.value.transactionKey);
    if (!seen?.ok) return this.#decide(seen, incoming);
    seen.account.bytesIn += bytes.length;
    this.#sendOk(seen, seen.ok, { incoming, isRepeat: true });
    return null;
  }

  #findUnwanted(bytes: Uint8Array, source: PnpSource): string | null {
    if (bytes.length < SHORTEST_DATAGRAM || bytes.length > LONGEST_DATAGRAM) return 'size';
    if (source.port < FIRST_UNPRIVILEGED_PORT) return 'privileged-port';
    if (this.#options.isOwnSocket(source)) return 'own-socket';
    if (!this.#options.isOnLink(source.address)) return 'off-link';
    if (!isLoopback(source.address) && !this.#takeToken(source.address)) return 'rate-limit';
    return null;
  }

  #decide(earlier: Seen | null, incoming: Incoming): Refusal | null {
    const { bytes, request, context } = incoming;
    const decision = this.#options.policy.decide(request, context);
    const seen = this.#remember(earlier, request, decision);
    seen.account.bytesIn += bytes.length;
    this.#options.observe({
      kind: 'subscribe',
      exchange: seen.exchange,
      request,
      context,
      verdict: { answer: decision.answer, reason: decision.answer ? null : decision.reason },
      isRepeat: earlier !== null,
      bytes: bytes.length,
    });
    return decision.answer ? this.#answer(seen, incoming, decision.url) : null;
  }

  #remember(earlier: Seen | null, request: PnpRequest, decision: PnpDecision): Seen {
    if (!earlier) this.#lastId += 1;
    const exchange = {
      id: earlier?.exchange.id ?? this.#lastId,
      source: request.source,
      mac: request.mac,
      deviceId: decision.answer ? decision.deviceId : null,
      rule: decision.rule,
    };
    const seen = earlier ?? { exchange, account: { bytesIn: 0, bytesOut: 0 }, ok: null };
    seen.exchange = exchange;
    if (!earlier) this.#seen.store(request.transactionKey, seen);
    return seen;
  }

  #answer(seen: Seen, incoming: Incoming, url: string): Refusal | null {
    const { request, context } = incoming;
    const branch = `z9hG4bK${this.#options.random().slice(0, 16)}`;
    const toTag = this.#options.random().slice(0, 12);
    const answers = buildAnswers(request, { context, url, branch, toTag });
    if (!answers.ok) return answers;
    const { ok, notify } = answers.value;
    // The next repeat brings more bytes in, and may then be answered.
    if (!this.#isWithinLimit(seen.account, ok.length + notify.length, request.source))
      return { reason: 'amplification' };
    if (this.#notifier.isFull) return { reason: 'overload' };
    seen.ok = ok;
    this.#sendOk(seen, ok, { incoming, isRepeat: false });
    const { exchange, account } = seen;
    this.#notifier.deliver({ exchange, account, branch, notify, target: request.notify, context });
    return null;
  }

  #isWithinLimit(account: ByteAccount, length: number, source: PnpSource): boolean {
    if (this.#notifier.isProven(source.address)) return true;
    return account.bytesOut + length <= MOST_AMPLIFICATION_AT_ONCE * account.bytesIn;
  }

  #sendOk(
    seen: Seen,
    ok: Uint8Array,
    { incoming, isRepeat }: { readonly incoming: Incoming; readonly isRepeat: boolean },
  ): void {
    seen.account.bytesOut += ok.length;
    this.#options.send(ok, incoming.request.reply, incoming.context);
    this.#options.observe({ kind: 'ok-sent', exchange: seen.exchange, isRepeat, bytes: ok.length });
  }

  #readResponse(bytes: Uint8Array, source: PnpSource): Refusal | null {
    const message = parseMessage(bytes);
    if (!message.ok) return message;
    if (message.value.kind === 'request') return { reason: 'unicast-request' };
    return this.#notifier.receiveResponse(message.value, source) ? null : { reason: 'stray-response' };
  }
}

interface AnswerParts {
  readonly context: PnpContext;
  readonly url: string;
  readonly branch: string;
  readonly toTag: string;
}

interface Answers {
  readonly ok: Uint8Array;
  readonly notify: Uint8Array;
}

function buildAnswers(request: PnpRequest, parts: AnswerParts): Result<Answers> {
  const own = { address: parts.context.localAddress, port: parts.context.localPort, toTag: parts.toTag };
  const okMessage = buildOk(request, own);
  if (!okMessage.ok) return okMessage;
  const notify = buildNotify(request, own, parts);
  return notify.ok ? ok({ ok: okMessage.value, notify: notify.value }) : notify;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
