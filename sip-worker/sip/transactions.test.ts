import { describe, expect, it } from 'vitest';
import { createManualTimers } from '../../tests/support/manual-timers.ts';
import { type ClientOutcome, startClientTransaction } from './client-transaction.ts';
import { parseMessage } from './message.ts';
import { readTransactionHeaders } from './request.ts';
import { createServerTransactions, transactionKey } from './server-transaction.ts';

function start(maySend: (attempt: number) => boolean = () => true) {
  const timers = createManualTimers();
  const sentAt: number[] = [];
  const outcomes: ClientOutcome[] = [];
  let terminated = 0;
  const transaction = startClientTransaction({
    timers,
    now: timers.now,
    send(attempt) {
      if (!maySend(attempt)) return false;
      sentAt.push(timers.now());
      return true;
    },
    onOutcome: (outcome) => outcomes.push(outcome),
    onTerminated: () => {
      terminated += 1;
    },
  });
  return { timers, sentAt, outcomes, transaction, terminated: () => terminated };
}

describe('client transaction', () => {
  it('repeats by Timer E until Timer F when nobody answers', () => {
    const run = start();
    run.timers.advance(40_000);
    expect(run.sentAt).toEqual([0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
    expect(run.outcomes).toEqual([{ kind: 'timed-out', sends: 11 }]);
    expect([run.terminated(), run.timers.pending]).toEqual([1, 0]);
  });

  it('waits for an answer until Timer F after the last send it is allowed', () => {
    const run = start((attempt) => attempt <= 3);
    run.timers.advance(31_999);
    expect(run.sentAt).toEqual([0, 500, 1500]);
    run.transaction.receive(200);
    expect(run.outcomes).toEqual([{ kind: 'answered', status: 200, roundTripMs: 31_999, sends: 3 }]);
  });

  it('stops at the first final response and swallows its repeats for Timer K', () => {
    const run = start();
    run.timers.advance(700);
    run.transaction.receive(481);
    run.transaction.receive(200);
    run.timers.advance(4_999);
    expect(run.terminated()).toBe(0);
    run.timers.advance(1);
    expect([run.terminated(), run.timers.pending]).toEqual([1, 0]);
    expect(run.sentAt).toEqual([0, 500]);
    expect(run.outcomes).toEqual([{ kind: 'answered', status: 481, roundTripMs: 700, sends: 2 }]);
  });

  it('slows down to T2 after a provisional response', () => {
    const run = start();
    run.transaction.receive(100);
    run.timers.advance(9_000);
    expect(run.sentAt).toEqual([0, 500, 4500, 8500]);
  });

  it('sends nothing more once stopped', () => {
    const run = start();
    run.transaction.stop();
    run.timers.advance(40_000);
    expect(run.sentAt).toEqual([0]);
    expect(run.outcomes).toEqual([{ kind: 'stopped', sends: 1 }]);
  });
});

describe('server transactions', () => {
  it('keep a response for Timer J', () => {
    let now = 0;
    const store = createServerTransactions<string>({ now: () => now, limit: 10 });
    store.store('a', '200');
    now = 31_999;
    expect(store.find('a')).toBe('200');
    now = 32_000;
    expect(store.find('a')).toBeNull();
    store.store('b', '200');
    now = 64_000;
    store.store('c', '200');
    expect(store.size).toBe(2);
  });

  it('keep the newest half when too many come', () => {
    const store = createServerTransactions<number>({ now: () => 0, limit: 100 });
    for (let index = 0; index < 1000; index += 1) {
      store.store(`key ${index}`, index);
      expect(store.size).toBeLessThanOrEqual(100);
    }
    expect(store.find('key 899')).toBeNull();
    for (let index = 950; index < 1000; index += 1) expect(store.find(`key ${index}`)).toBe(index);
  });
});

describe('transactionKey', () => {
  const base = { branch: ';branch=z9hG4bKx', callId: 'c', cseq: '1', tag: 't', source: '10.0.0.1' };
  const variants: readonly (readonly [string, Partial<typeof base>])[] = [
    ['another source', { source: '10.0.0.2' }],
    ['another Call-ID', { callId: 'd' }],
    ['another CSeq', { cseq: '2' }],
  ];

  it.each([...variants, ['another branch', { branch: ';branch=z9hG4bKy' }] as const])(
    'tells %s apart when there is a branch',
    (_, change) => expect(key({ ...base, ...change })).not.toBe(key(base)),
  );

  it.each([...variants, ['another tag', { tag: 'u' }] as const])(
    'tells %s apart without a branch',
    (_, change) => {
      const old = { ...base, branch: ';rport' };
      expect(key({ ...old, ...change })).not.toBe(key(old));
      expect(key(old)).toBe(key({ ...old }));
    },
  );

  it('does not use a branch that is only the cookie', () => {
    const cookie = { ...base, branch: ';branch=z9hG4bK' };
    expect(key({ ...cookie, tag: 'u' })).not.toBe(key(cookie));
  });

  function key({ branch, callId, cseq, tag, source }: typeof base): string {
    const text = `OPTIONS sip:a SIP/2.0\nVia: SIP/2.0/UDP a${branch}\nFrom: <sip:a>;tag=${tag}\nTo: <sip:a>\nCall-ID: ${callId}\nCSeq: ${cseq} OPTIONS\n\n`;
    const message = parseMessage(Buffer.from(text));
    if (!message.ok || message.value.kind !== 'request') throw new Error('not a request');
    const headers = readTransactionHeaders(message.value);
    if (!headers.ok) throw new Error(headers.reason);
    return transactionKey(message.value, headers.value, source);
  }
});
