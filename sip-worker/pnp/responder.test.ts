import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMac } from '../../lib/domain/mac.ts';
import { createManualTimers } from '../../tests/support/manual-timers.ts';
import {
  findSubscribeCase,
  type SubscribeCase,
  subscribeCases,
  type TransactionCase,
  transactionCases,
} from '../../tests/support/pnp-vectors.ts';
import { headerValue, parseMessage } from '../sip/message.ts';
import type { PnpEvent } from './event.ts';
import type { PnpDecision } from './policy.ts';
import { DEFAULT_LIMITS, type PnpLimits, PnpResponder } from './responder.ts';
import type { PnpSource } from './subscription.ts';

const CONTEXT = { localAddress: '192.168.60.1', localPort: 5060, interfaceName: 'eth0' };
const URL = 'http://192.168.60.1:8080/d/0123456789abcdef0123456789abcdef/';

interface Sent {
  readonly atMs: number;
  readonly text: string;
  readonly target: PnpSource;
}

interface RigOptions {
  readonly decision?: PnpDecision;
  readonly limits?: Partial<PnpLimits>;
}

const KNOWN: PnpDecision = { answer: true, url: URL, rule: 'known phones', deviceId: 'd1' };

/** A responder on a clock that stands still, with all that it sent and reported. */
class Rig {
  readonly timers = createManualTimers();
  readonly sent: Sent[] = [];
  readonly events: PnpEvent[] = [];
  readonly responder: PnpResponder;
  decision: PnpDecision;
  #random = 0;

  constructor({ decision, limits }: RigOptions = {}) {
    const { timers } = this;
    this.decision = decision ?? KNOWN;
    this.responder = new PnpResponder({
      policy: { decide: () => this.decision },
      observe: (event) => this.events.push(event),
      send: (bytes, target) =>
        this.sent.push({ atMs: timers.now(), text: Buffer.from(bytes).toString('latin1'), target }),
      now: timers.now,
      timers,
      random: () => {
        this.#random += 1;
        return this.#random.toString(16).padStart(16, '0');
      },
      isOnLink: (address) => !address.startsWith('203.0.113.'),
      isOwnSocket: ({ address, port }) => address === '192.168.60.1' && port === 5060,
      limits: { ...DEFAULT_LIMITS, ...limits },
    });
  }

  receive(raw: string, source: PnpSource, encoding: BufferEncoding = 'utf8'): void {
    this.responder.receive(Buffer.from(raw, encoding), source, CONTEXT);
  }

  /** Answers the latest NOTIFY as a phone does. */
  respond(status: number, source: PnpSource, phrase = 'OK'): void {
    const notify = parse(this.notifies().at(-1)?.text ?? '');
    const copied = ['via', 'from', 'to', 'call-id', 'cseq'].map(
      (key) => `${key}: ${headerValue(notify, key)}`,
    );
    const response = [`SIP/2.0 ${status} ${phrase}`, ...copied, '', ''].join('\r\n');
    this.responder.receiveUnicast(Buffer.from(response), source);
  }

  oks(): Sent[] {
    return this.sent.filter(({ text }) => text.startsWith('SIP/2.0 200'));
  }

  notifies(): Sent[] {
    return this.sent.filter(({ text }) => text.startsWith('NOTIFY '));
  }

  kinds(): string[] {
    return this.events.map((event) => event.kind);
  }
}

function parse(text: string) {
  const message = parseMessage(Buffer.from(text, 'latin1'));
  if (!message.ok) throw new Error(message.reason);
  return message.value;
}

describe('every datagram of the vectors', () => {
  it.each(subscribeCases)('$id: $title', (vector) => {
    const rig = new Rig();
    rig.receive(vector.raw, vector.source, vector.rawEncoding);
    if (vector.expected.outcome === 'ignore' && rig.sent.length > 0)
      expect(vector.expected.alsoAcceptable).toContain('answer-without-mac');
    if (vector.expected.outcome === 'ignore' && rig.sent.length === 0)
      expect(rig.kinds()).toEqual(['refused']);
    if (vector.expected.outcome.startsWith('answer')) checkAnswers(rig, vector);
    for (const { target } of rig.sent) expect(target.address).toBe(vector.source.address);
  });

  function checkAnswers(rig: Rig, vector: SubscribeCase): void {
    const { reply, notify } = vector.expected;
    expect(rig.sent.map(({ target }) => target)).toEqual([
      reply,
      expect.objectContaining({ port: notify.port }),
    ]);
    expect(rig.sent[1]?.text.split(' ', 2)).toEqual(['NOTIFY', notify.requestUri]);
    const bytesOut = rig.sent.reduce((sum, { text }) => sum + text.length, 0);
    expect(bytesOut / Buffer.byteLength(vector.raw)).toBeLessThanOrEqual(
      vector.expected.maxAmplification ?? 3,
    );
  }
});

describe('every sequence of the vectors', () => {
  const playable = transactionCases.filter((vector) => vector.steps.every((step) => !step.receiveTemplate));

  it.each(playable)('$id: $title', (vector) => {
    const rig = new Rig();
    if (vector.precondition === 'the source answered a NOTIFY of an earlier boot')
      answerEarlierBoot(rig, vector);
    const startedAt = rig.timers.now();
    rig.sent.length = 0;
    rig.events.length = 0;
    play(rig, vector, startedAt);
    checkSequence(rig, vector, startedAt);
  });

  function answerEarlierBoot(rig: Rig, vector: TransactionCase): void {
    const first = vector.steps[0];
    if (!first?.receive) throw new Error('no first datagram');
    rig.receive(first.receive.replaceAll('2048117731', '1048117731'), first.from);
    rig.respond(200, first.from);
    rig.timers.advance(60_000);
  }

  function play(rig: Rig, vector: TransactionCase, startedAt: number): void {
    for (const step of vector.steps) {
      rig.timers.advance(startedAt + step.atMs - rig.timers.now());
      if (step.receive) rig.receive(step.receive, step.from);
      if (step.receiveResponse)
        rig.respond(step.receiveResponse.status, step.from, step.receiveResponse.reason);
      if (step.httpGet) rig.responder.noteFetch(step.from.address, null);
    }
    rig.timers.advance(40_000);
  }

  function checkSequence(rig: Rig, vector: TransactionCase, startedAt: number): void {
    const { expected } = vector;
    const branches = new Set(rig.notifies().map(({ text }) => headerValue(parse(text), 'via')));
    if (expected.responses !== undefined) expect(rig.oks()).toHaveLength(expected.responses);
    if (expected.responsesIdentical) expect(new Set(rig.oks().map(({ text }) => text)).size).toBe(1);
    if (expected.notifyTransactions !== undefined) expect(branches.size).toBe(expected.notifyTransactions);
    if (expected.notifySendTimesMs !== undefined)
      expect(rig.notifies().map(({ atMs }) => atMs - startedAt)).toEqual(expected.notifySendTimesMs);
    if (expected.timeoutMs !== undefined) expect(rig.kinds().at(-1)).toBe('notify-timed-out');
    if (expected.result !== undefined) expect(resultOf(rig.events)).toBe(expected.result);
  }

  function resultOf(events: readonly PnpEvent[]): string {
    const last = events.at(-1);
    if (last?.kind === 'notify-stopped') return last.reason === 'fetched' ? 'delivered' : last.reason;
    return last?.kind === 'notify-answered' && last.status < 300 ? 'delivered' : 'refused';
  }
});

describe('mutations of the vectors', () => {
  const bodies = subscribeCases.map((vector) => Buffer.from(vector.raw, vector.rawEncoding ?? 'utf8'));
  const small = bodies.filter((body) => body.length < 2000);
  const change = fc.tuple(
    fc.nat(2000),
    fc.oneof(fc.constantFrom(...Buffer.from('\r\n\0 ;:,<>"@=%[]')), fc.nat(255)),
  );

  it('never throw, and are answered to their source alone with parseable messages', () => {
    const changes = fc.array(change, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...small), changes, fc.nat(2000), (body, edits, cut) => {
        const rig = new Rig();
        const mutated = Buffer.from(body.subarray(0, cut < 400 ? cut : body.length));
        for (const [at, byte] of edits) mutated[at % Math.max(mutated.length, 1)] = byte;
        rig.responder.receive(mutated, { address: '192.168.60.10', port: 5060 }, CONTEXT);
        for (const { text, target } of rig.sent) {
          expect(target.address).toBe('192.168.60.10');
          parse(text);
        }
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('what the responder reports', () => {
  const { raw, source } = findSubscribeCase('flyingvoice-seed');

  it('tells the whole story of an exchange, without the URL', () => {
    const rig = new Rig();
    rig.receive(raw, source);
    rig.timers.advance(20);
    rig.respond(200, source, 'Ok');
    expect(rig.kinds()).toEqual(['subscribe', 'ok-sent', 'notify-sent', 'notify-answered']);
    expect(rig.events[0]).toMatchObject({
      exchange: { id: 1, mac: '0021f222b01d', deviceId: 'd1', rule: 'known phones' },
      context: CONTEXT,
      verdict: { answer: true, reason: null },
    });
    expect(rig.events[2]).toMatchObject({ attempt: 1, bytes: rig.notifies()[0]?.text.length });
    expect(rig.events[3]).toMatchObject({ status: 200, roundTripMs: 20, sends: 1 });
    expect(JSON.stringify(rig.events)).not.toContain('0123456789abcdef');
  });

  it('reports an unanswered phone again at its repeats, and answers once the policy has changed', () => {
    const rig = new Rig({ decision: { answer: false, reason: 'unknown phone', rule: 'list unknown' } });
    rig.receive(raw, source);
    rig.receive(raw, source);
    expect(rig.sent).toEqual([]);
    expect(rig.events).toMatchObject([
      { verdict: { answer: false, reason: 'unknown phone' }, isRepeat: false },
      { verdict: { answer: false }, isRepeat: true },
    ]);
    rig.decision = { answer: true, url: URL, rule: 'known phones', deviceId: 'd1' };
    rig.receive(raw, source);
    expect([rig.oks().length, rig.notifies().length]).toEqual([1, 1]);
  });

  it('says why a URL of the policy cannot be sent', () => {
    const rig = new Rig({ decision: { answer: true, url: 'http://a b/', rule: 'r', deviceId: null } });
    rig.receive(raw, source);
    expect(rig.sent).toEqual([]);
    expect(rig.events.at(-1)).toMatchObject({ kind: 'refused', reason: 'url' });
  });
});

describe('limits', () => {
  const { raw, source } = findSubscribeCase('snom-seed');
  const onLan = (index: number) => ({ address: `10.9.${index >> 8}.${index & 255}`, port: 5060 });

  it('answers one source five times a second', () => {
    const rig = new Rig();
    for (let index = 0; index < 20; index += 1) rig.receive(raw.replace('1930770594', `${index}`), source);
    expect(rig.oks()).toHaveLength(5);
    rig.timers.advance(1000);
    for (let index = 20; index < 40; index += 1) rig.receive(raw.replace('1930770594', `${index}`), source);
    expect(rig.oks()).toHaveLength(10);
  });

  it('keeps bounded tables under a flood of sources, and still answers afterwards', () => {
    const rig = new Rig({ limits: { mostExchanges: 100, mostSources: 100, overallPerSecond: 1000 } });
    for (let index = 0; index < 5000; index += 1) {
      rig.receive(raw, onLan(index));
      rig.timers.advance(1);
    }
    expect(rig.responder.pending).toBeLessThanOrEqual(100);
    expect(rig.events.at(-1)).toMatchObject({ kind: 'refused', reason: 'overload' });
    rig.timers.advance(32_000);
    rig.receive(raw, source);
    expect(rig.kinds().at(-1)).toBe('notify-sent');
  });

  it('ignores privileged ports, other subnets and itself', () => {
    const rig = new Rig();
    rig.receive(raw, { ...source, port: 53 });
    rig.receive(raw, { address: '203.0.113.9', port: 5060 });
    rig.receive(raw, { address: '192.168.60.1', port: 5060 });
    expect(rig.events.map((event) => 'reason' in event && event.reason)).toEqual([
      'privileged-port',
      'off-link',
      'own-socket',
    ]);
  });

  it('answers a small question with a long URL only when its repeat has paid for it', () => {
    const rig = new Rig({
      decision: { answer: true, url: `http://h/${'x'.repeat(370)}`, rule: 'r', deviceId: null },
    });
    const small = findSubscribeCase('generic-no-vendor');
    rig.receive(small.raw, small.source);
    expect(rig.events.at(-1)).toMatchObject({ kind: 'refused', reason: 'amplification' });
    rig.receive(small.raw, small.source);
    expect(rig.kinds().at(-1)).toBe('notify-sent');
    rig.timers.advance(40_000);
    const bytesOut = rig.sent.reduce((sum, { text }) => sum + text.length, 0);
    expect(bytesOut / (2 * small.raw.length)).toBeLessThanOrEqual(5);
  });
});

describe('answers to a NOTIFY', () => {
  const { raw, source } = findSubscribeCase('snom-seed');

  it('from another address do not count', () => {
    const rig = new Rig();
    rig.receive(raw, source);
    rig.respond(200, { address: '192.168.10.68', port: 5060 });
    expect(rig.events.at(-1)).toMatchObject({ kind: 'refused', reason: 'stray-response' });
    rig.timers.advance(500);
    expect(rig.notifies()).toHaveLength(2);
  });

  it('are swallowed when they repeat', () => {
    const rig = new Rig();
    rig.receive(raw, source);
    rig.respond(200, source);
    rig.respond(200, source);
    expect(rig.kinds().slice(-2)).toEqual(['notify-sent', 'notify-answered']);
    expect([rig.responder.pending, rig.timers.pending]).toEqual([0, 0]);
  });

  it('requests and noise on the sending socket get none', () => {
    const rig = new Rig();
    rig.responder.receiveUnicast(Buffer.from(raw), source);
    rig.responder.receiveUnicast(Buffer.from([0, 1, 2, 3]), source);
    expect(rig.sent).toEqual([]);
    expect(rig.kinds()).toEqual(['refused', 'refused']);
  });

  it('a fetch by the MAC from elsewhere stops the repeats of that phone alone', () => {
    const rig = new Rig();
    const other = findSubscribeCase('flyingvoice-seed');
    rig.receive(raw, source);
    rig.receive(other.raw, other.source);
    const mac = parseMac('00135e874b49');
    rig.responder.noteFetch('10.0.0.9', mac.ok ? mac.value : null);
    expect(rig.events.at(-1)).toMatchObject({
      kind: 'notify-stopped',
      reason: 'fetched',
      exchange: { id: 1 },
    });
    rig.timers.advance(500);
    expect(rig.notifies().map(({ target }) => target.address)).toEqual([
      source.address,
      other.source.address,
      other.source.address,
    ]);
  });

  it('a phone that asks again gets one NOTIFY at a time', () => {
    const rig = new Rig();
    rig.receive(raw, source);
    rig.receive(raw.replace('1930770594', '1'), source);
    expect(rig.events).toContainEqual(
      expect.objectContaining({ kind: 'notify-stopped', reason: 'asked-again' }),
    );
    rig.timers.advance(500);
    expect(rig.notifies()).toHaveLength(3);
  });

  it('nothing is sent after close', () => {
    const rig = new Rig();
    rig.receive(raw, source);
    rig.responder.close();
    rig.timers.advance(40_000);
    expect([rig.notifies().length, rig.responder.pending]).toEqual([1, 0]);
  });
});
