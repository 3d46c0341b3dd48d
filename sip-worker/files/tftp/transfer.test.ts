import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createManualTimers, type ManualTimers } from '../../../tests/support/manual-timers.ts';
import { readPacket, type TftpOptions, type TftpPacket, writeAck } from './packet.ts';
import { negotiate, startTransfer, type Transfer, type TransferOutcome, toNetascii } from './transfer.ts';

const LIMITS = { blockBytes: 1468, windowBlocks: 16, timeoutSec: 5 };

interface Run {
  readonly transfer: Transfer;
  readonly timers: ManualTimers;
  /** Packets sent and not yet taken by the test. */
  readonly sent: TftpPacket[];
  readonly outcomes: TransferOutcome[];
}

function run(body: Buffer, requested: TftpOptions = {}): Run {
  const timers = createManualTimers();
  const sent: TftpPacket[] = [];
  const outcomes: TransferOutcome[] = [];
  const transfer = startTransfer({
    body,
    requested,
    limits: LIMITS,
    timers,
    send: (datagram) => sent.push(parse(datagram)),
    onEnd: (outcome) => outcomes.push(outcome),
  });
  return { transfer, timers, sent, outcomes };
}

function parse(datagram: Buffer): TftpPacket {
  const packet = readPacket(datagram);
  if (!packet.ok) throw new Error(packet.reason);
  return packet.value;
}

function ack(transfer: Transfer, block: number): void {
  transfer.receive(parse(writeAck(block)));
}

describe('negotiation', () => {
  test.each<[string, TftpOptions, TftpOptions]>([
    [
      'the options of a Flyingvoice phone',
      { tsize: 0, blksize: 512, timeout: 4 },
      { tsize: 7000, blksize: 512, timeout: 4 },
    ],
    ['a block that would be fragmented is made smaller', { blksize: 65_464 }, { blksize: 1468 }],
    ['a large window is made smaller', { windowsize: 400 }, { windowsize: 16 }],
    ['a long wait is not promised', { timeout: 255, tsize: 0 }, { tsize: 7000 }],
    ['nothing asked, nothing offered', {}, {}],
  ])('%s', (_title, requested, accepted) => {
    expect(negotiate(requested, 7000, LIMITS)).toEqual(accepted);
  });
});

describe('lockstep', () => {
  test('without options the first answer is DATA 1, and a short block ends it', () => {
    const { transfer, sent, outcomes } = run(Buffer.alloc(600, 'a'));
    expect(sent.splice(0)).toMatchObject([{ op: 'data', block: 1, payload: { length: 512 } }]);
    ack(transfer, 1);
    expect(sent.splice(0)).toMatchObject([{ op: 'data', block: 2, payload: { length: 88 } }]);
    ack(transfer, 2);
    expect(outcomes).toEqual([{ kind: 'complete' }]);
  });

  test('a file of whole blocks ends with an empty one', () => {
    const { transfer, sent } = run(Buffer.alloc(512));
    ack(transfer, 1);
    expect(sent[1]).toMatchObject({ op: 'data', block: 2, payload: { length: 0 } });
  });

  test('an empty file is one empty block', () => {
    const { transfer, sent, outcomes } = run(Buffer.alloc(0));
    expect(sent).toMatchObject([{ op: 'data', block: 1, payload: { length: 0 } }]);
    ack(transfer, 1);
    expect(outcomes).toEqual([{ kind: 'complete' }]);
  });

  test('with options DATA waits for ACK 0', () => {
    const { transfer, sent } = run(Buffer.alloc(10), { tsize: 0 });
    expect(sent.splice(0)).toEqual([{ op: 'option-ack', options: { tsize: 10 } }]);
    ack(transfer, 1);
    expect(sent).toEqual([]);
    ack(transfer, 0);
    expect(sent).toMatchObject([{ op: 'data', block: 1 }]);
  });

  test("a repeated ACK sends nothing (sorcerer's apprentice)", () => {
    const { transfer, sent } = run(Buffer.alloc(2000));
    ack(transfer, 1);
    ack(transfer, 1);
    ack(transfer, 0);
    expect(sent).toHaveLength(2);
  });

  test('an ACK of a block that was never sent is ignored', () => {
    const { transfer, sent, outcomes } = run(Buffer.alloc(2000));
    ack(transfer, 4);
    expect(sent).toHaveLength(1);
    expect(outcomes).toEqual([]);
  });

  test('block numbers go on with 0 after 65535', () => {
    const { transfer, sent, outcomes } = run(Buffer.alloc(8 * 65_540), { blksize: 8 });
    sent.length = 0;
    for (let block = 0; block <= 65_541; block += 1) ack(transfer, block & 0xffff);
    expect(sent[65_535]).toMatchObject({ op: 'data', block: 0 });
    expect(outcomes).toEqual([{ kind: 'complete' }]);
  });
});

describe('windows (RFC 7440)', () => {
  test('a window goes out after ACK 0, the next after the ACK of its last block', () => {
    const { transfer, sent } = run(Buffer.alloc(512 * 7), { windowsize: 4 });
    sent.length = 0;
    ack(transfer, 0);
    expect(sent.splice(0).map(blockOf)).toEqual([1, 2, 3, 4]);
    ack(transfer, 4);
    expect(sent.splice(0).map(blockOf)).toEqual([5, 6, 7, 8]);
  });

  test('an ACK in the middle of a window starts the next one behind it', () => {
    const { transfer, sent } = run(Buffer.alloc(512 * 7), { windowsize: 4 });
    ack(transfer, 0);
    sent.length = 0;
    ack(transfer, 2);
    expect(sent.map(blockOf)).toEqual([3, 4, 5, 6]);
  });
});

describe('time and trouble', () => {
  test('a silent address gets two sends and no more', () => {
    const { timers, sent, outcomes } = run(Buffer.alloc(600));
    timers.advance(60_000);
    expect(sent).toHaveLength(2);
    expect(outcomes).toEqual([{ kind: 'timed-out', confirmed: false }]);
    expect(timers.pending).toBe(0);
  });

  test('a client that has answered once gets five sends of a block', () => {
    const { transfer, timers, sent, outcomes } = run(Buffer.alloc(600));
    ack(transfer, 1);
    timers.advance(60_000);
    expect(sent.filter((packet) => blockOf(packet) === 2)).toHaveLength(5);
    expect(outcomes).toEqual([{ kind: 'timed-out', confirmed: true }]);
  });

  test('the negotiated timeout counts', () => {
    const { timers, sent } = run(Buffer.alloc(600), { timeout: 4 });
    timers.advance(3_999);
    expect(sent).toHaveLength(1);
    timers.advance(1);
    expect(sent).toHaveLength(2);
  });

  test('a repeated request repeats the first answer, within the same two sends', () => {
    const { transfer, timers, sent } = run(Buffer.alloc(600), { tsize: 0 });
    transfer.repeat();
    transfer.repeat();
    timers.advance(10_000);
    expect(sent).toHaveLength(2);
  });

  test('a repeated request in the middle of a transfer is ignored', () => {
    const { transfer, sent } = run(Buffer.alloc(600));
    ack(transfer, 1);
    transfer.repeat();
    expect(sent).toHaveLength(2);
  });

  test('an ERROR of the client ends it at once', () => {
    const { transfer, timers, sent, outcomes } = run(Buffer.alloc(600), { tsize: 0 });
    transfer.receive({ op: 'error', code: 8, message: 'no options please' });
    ack(transfer, 0);
    timers.advance(10_000);
    expect(sent).toHaveLength(1);
    expect(outcomes).toEqual([{ kind: 'refused', code: 8 }]);
  });

  test('cancelling ends it once', () => {
    const { transfer, outcomes } = run(Buffer.alloc(600));
    transfer.cancel();
    transfer.cancel();
    expect(outcomes).toEqual([{ kind: 'cancelled' }]);
  });
});

test('netascii converts line ends and lone carriage returns', () => {
  expect(toNetascii(Buffer.from('a\nb\r\nc\r')).toString('latin1')).toBe('a\r\nb\r\0\r\nc\r\0');
});

test('every byte arrives once and in order over a network that loses, repeats and reorders', () => {
  const scenario = fc.record({
    body: fc.uint8Array({ maxLength: 3_000 }),
    windowsize: fc.integer({ min: 1, max: 6 }),
    fates: fc.infiniteStream(fc.constantFrom('pass', 'pass', 'pass', 'lose', 'twice', 'late')),
  });
  fc.assert(
    fc.property(scenario, ({ body, windowsize, fates }) => {
      const { received, outcomes } = transferOverBadNetwork(Buffer.from(body), windowsize, fates);
      const complete = outcomes[0]?.kind === 'complete';
      if (complete) expect(Buffer.concat(received)).toEqual(Buffer.from(body));
      expect(outcomes).toHaveLength(1);
    }),
  );
});

/** A client as RFC 7440 describes it behind a relay that treats each datagram as `fates` says. */
function transferOverBadNetwork(body: Buffer, windowsize: number, fates: Iterator<string>) {
  const timers = createManualTimers();
  const received: Buffer[] = [];
  const outcomes: TransferOutcome[] = [];
  let inWindow = 0;
  let ended = false;
  function carry(deliver: () => void): void {
    const fate = fates.next().value;
    if (fate === 'lose') return;
    timers.set(fate === 'late' ? 300 : 10, deliver);
    if (fate === 'twice') timers.set(20, deliver);
  }
  function answer(block: number): void {
    inWindow = 0;
    carry(() => ack(transfer, block));
  }
  function clientReceives(packet: TftpPacket): void {
    if (packet.op === 'option-ack' && received.length === 0) answer(0);
    if (packet.op !== 'data') return;
    if (packet.block !== received.length + 1) {
      answer(received.length);
      return;
    }
    if (ended) return;
    received.push(Buffer.from(packet.payload));
    inWindow += 1;
    ended = packet.payload.length < 64;
    if (ended || inWindow === windowsize) answer(received.length);
  }
  const transfer = startTransfer({
    body,
    requested: { blksize: 64, windowsize },
    limits: LIMITS,
    timers,
    send: (datagram) => carry(() => clientReceives(parse(datagram))),
    onEnd: (outcome) => outcomes.push(outcome),
  });
  timers.advance(600_000);
  return { received, outcomes };
}

function blockOf(packet: TftpPacket): number | null {
  return packet.op === 'data' ? packet.block : null;
}
