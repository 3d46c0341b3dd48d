import { type TftpOptions, type TftpPacket, writeData, writeOptionAck } from './packet.ts';

export interface TransferTimers {
  set(delayMs: number, callback: () => void): unknown;
  clear(handle: unknown): void;
}

export interface TransferLimits {
  /** Largest block: 1468 bytes fill an IPv4 packet on Ethernet, 1448 an IPv6 packet. */
  readonly blockBytes: number;
  readonly windowBlocks: number;
  /** A longer wait that a client asks for is left out of the OACK, so that a vanished one frees its place. */
  readonly timeoutSec: number;
}

/** How a transfer ended. `confirmed`: the client has acknowledged something, so its address is not forged. */
export type TransferOutcome =
  | { readonly kind: 'complete' }
  | { readonly kind: 'timed-out'; readonly confirmed: boolean }
  | { readonly kind: 'refused'; readonly code: number }
  | { readonly kind: 'cancelled' };

export interface TransferOptions {
  readonly body: Buffer;
  readonly requested: TftpOptions;
  readonly limits: TransferLimits;
  readonly send: (datagram: Buffer) => void;
  readonly timers: TransferTimers;
  /** Called once. */
  readonly onEnd: (outcome: TransferOutcome) => void;
}

export interface Transfer {
  /** A packet from the client's address and port. */
  receive(packet: TftpPacket): void;
  /** The client repeated its request: nothing of the first answer had reached it. */
  repeat(): void;
  cancel(): void;
}

const DEFAULT_BLOCK_BYTES = 512;
const DEFAULT_TIMEOUT_MS = 1_000;
/** Sends of one window without an acknowledgement. */
const MOST_SENDS = 5;
/** Sends before the first acknowledgement: a forged source address must not be worth more (RFC 1350 knows no limit). */
const MOST_UNCONFIRMED_SENDS = 2;

/** Takes what the server supports, in the order of the request (RFC 2347: no answer to an option means "no"). */
export function negotiate(requested: TftpOptions, bytes: number, limits: TransferLimits): TftpOptions {
  const accepted: Partial<Record<keyof TftpOptions, number>> = {};
  for (const [name, value] of Object.entries(requested)) {
    if (name === 'blksize') accepted.blksize = Math.min(value, limits.blockBytes);
    if (name === 'tsize') accepted.tsize = bytes;
    if (name === 'windowsize') accepted.windowsize = Math.min(value, limits.windowBlocks);
    if (name === 'timeout' && value <= limits.timeoutSec) accepted.timeout = value;
  }
  return accepted;
}

/**
 * The sending side of a read request (RFC 1350, 2347, 7440), without a socket or a clock.
 *
 *   offering --ACK 0--> sending --ACK of the last block--> ended      no options: it starts in `sending`
 *
 * Blocks are counted from 1 without end; the wire carries them modulo 65536. Only an acknowledgement of something new
 * makes it send, never a repeated one: else each delayed packet would double the traffic (the sorcerer's apprentice).
 */
export function startTransfer(options: TransferOptions): Transfer {
  const { body, timers } = options;
  const accepted = negotiate(options.requested, body.length, options.limits);
  const blockBytes = accepted.blksize ?? DEFAULT_BLOCK_BYTES;
  const windowBlocks = accepted.windowsize ?? 1;
  const timeoutMs = accepted.timeout === undefined ? DEFAULT_TIMEOUT_MS : accepted.timeout * 1_000;
  const lastBlock = Math.floor(body.length / blockBytes) + 1;
  let state: 'offering' | 'sending' | 'ended' = Object.keys(accepted).length > 0 ? 'offering' : 'sending';
  let confirmed = false;
  let acknowledged = 0;
  let sentUpTo = 0;
  let sends = 0;
  let timer: unknown = null;

  function sendCurrent(): void {
    sends += 1;
    if (state === 'offering') options.send(writeOptionAck(accepted));
    if (state === 'sending') sendWindow();
    timers.clear(timer);
    timer = timers.set(timeoutMs, onTimeout);
  }

  function sendWindow(): void {
    sentUpTo = Math.min(acknowledged + windowBlocks, lastBlock);
    for (let block = acknowledged + 1; block <= sentUpTo; block += 1) {
      const start = (block - 1) * blockBytes;
      options.send(writeData(block, body.subarray(start, start + blockBytes)));
    }
  }

  function onTimeout(): void {
    if (sends >= (confirmed ? MOST_SENDS : MOST_UNCONFIRMED_SENDS)) end({ kind: 'timed-out', confirmed });
    else sendCurrent();
  }

  function acknowledge(block: number): void {
    if (state === 'offering') {
      if (block === 0) moveOn();
      return;
    }
    const step = (block - acknowledged) & 0xffff;
    if (step === 0 || step > sentUpTo - acknowledged) return;
    acknowledged += step;
    if (acknowledged === lastBlock) end({ kind: 'complete' });
    else moveOn();
  }

  function moveOn(): void {
    state = 'sending';
    confirmed = true;
    sends = 0;
    sendCurrent();
  }

  function end(outcome: TransferOutcome): void {
    state = 'ended';
    timers.clear(timer);
    options.onEnd(outcome);
  }

  sendCurrent();
  return {
    receive(packet) {
      if (state === 'ended') return;
      if (packet.op === 'ack') acknowledge(packet.block);
      if (packet.op === 'error') end({ kind: 'refused', code: packet.code });
    },
    repeat() {
      if (state !== 'ended' && !confirmed && sends < MOST_UNCONFIRMED_SENDS) sendCurrent();
    },
    cancel() {
      if (state !== 'ended') end({ kind: 'cancelled' });
    },
  };
}

/** Text as netascii carries it (RFC 764): LF becomes CR LF, a CR of its own becomes CR NUL. */
export function toNetascii(body: Buffer): Buffer {
  return Buffer.from(body.toString('latin1').replace(/\r/g, '\r\0').replace(/\n/g, '\r\n'), 'latin1');
}
