import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { plainAddress } from '../client-address.ts';
import { createFact, type FileFact } from '../fact.ts';
import type { FileAnswer, FileHandler, FileRequest } from '../handler.ts';
import { readPacket, TFTP_ERROR, type TftpRequest, writeError } from './packet.ts';
import { startTransfer, type Transfer, type TransferOutcome, toNetascii } from './transfer.ts';

export interface TftpLimits {
  /** Transfers at once, in all and for one address; a request above them is dropped and repeated by its phone. */
  readonly transfers: number;
  readonly transfersPerSource: number;
  /** Blocks sent without an acknowledgement, to clients that ask for windows (RFC 7440). */
  readonly windowBlocks: number;
  /** The longest wait between repeats that a client may ask for. */
  readonly timeoutSec: number;
}

const DEFAULT_LIMITS: TftpLimits = {
  transfers: 1_024,
  transfersPerSource: 64,
  windowBlocks: 16,
  timeoutSec: 5,
};

export interface TftpServerOptions {
  readonly handler: FileHandler;
  /** Called once for each request that was answered, when its transfer has ended. */
  readonly observe: (fact: FileFact) => void;
  readonly noteAddress: (address: string, deviceId: string) => void;
  readonly log: { warn(fields: object, message: string): void };
  readonly limits?: Partial<TftpLimits>;
}

export interface TftpServer {
  /** Listens on IPv4 and, where the machine has it, IPv6. Rejects with the error of the first socket (EACCES, EADDRINUSE). */
  listen(options: {
    readonly port: number;
    readonly hosts?: readonly string[];
  }): Promise<{ readonly port: number }>;
  /** Takes no more requests; transfers that run may end within `graceMs`. */
  close(graceMs: number): Promise<void>;
  readonly transfers: number;
}

/** One running transfer, from its own port (its transfer id, RFC 1350 section 4). */
interface Running {
  readonly request: Buffer;
  readonly source: string;
  readonly transfer: Transfer;
}

/** A request as it arrived, and the socket that it arrived at. */
interface Arrival {
  readonly bytes: Buffer;
  readonly from: RemoteInfo;
  readonly host: string;
}

const ALL_HOSTS = ['0.0.0.0', '::'];
const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL']);
/** What fills a packet on Ethernet behind the IP, UDP and TFTP headers. */
const BLOCK_BYTES = { IPv4: 1_468, IPv6: 1_448 } as const;
const MOST_STRAY_ANSWERS = 3;
/** After a power cut everybody asks in the same second; the kernel takes less where it allows less. */
const RECEIVE_BUFFER_BYTES = 1 << 20;

export function createTftpServer(options: TftpServerOptions): TftpServer {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const running = new Map<string, Running>();
  const perSource = new Map<string, number>();
  const doors: Socket[] = [];
  let openErrors = 0;
  let onIdle: (() => void) | null = null;

  function receive(arrival: Arrival): void {
    const packet = readPacket(arrival.bytes);
    if (!packet.ok) {
      if (packet.reason === 'unknown-mode') sendError(arrival, TFTP_ERROR.illegalOperation, 'Unknown mode');
      return;
    }
    if (packet.value.op !== 'read' && packet.value.op !== 'write') return;
    const key = keyOf(arrival.from);
    const known = running.get(key);
    if (known?.request.equals(arrival.bytes)) known.transfer.repeat();
    else {
      known?.transfer.cancel();
      answer(arrival, packet.value);
    }
  }

  function answer(arrival: Arrival, packet: TftpRequest): void {
    const source = plainAddress(arrival.from.address);
    if (isFull(source)) return;
    const request: FileRequest = {
      transport: 'tftp',
      method: packet.op === 'read' ? 'RRQ' : 'WRQ',
      target: packet.file,
      peerAddress: source,
      headers: {},
    };
    const answered = options.handler.answer(request);
    if (answered.body) {
      const body = packet.mode === 'netascii' ? toNetascii(answered.body) : answered.body;
      sendFile(arrival, { packet, source, request, answered, body });
      return;
    }
    if (answered.status === 405) sendError(arrival, TFTP_ERROR.accessViolation, 'Access violation');
    else sendError(arrival, TFTP_ERROR.fileNotFound, 'File not found');
    options.observe(createFact(request, answered, { completed: true, bytes: 0, durationMs: 0 }));
  }

  function isFull(source: string): boolean {
    return (
      running.size + openErrors >= limits.transfers ||
      (perSource.get(source) ?? 0) >= limits.transfersPerSource
    );
  }

  function sendFile(arrival: Arrival, job: Job): void {
    const { from } = arrival;
    const key = keyOf(from);
    const startedAt = performance.now();
    const socket = openTransferSocket(arrival);
    const transfer = startTransfer({
      body: job.body,
      requested: job.packet.options,
      limits: {
        blockBytes: BLOCK_BYTES[from.family],
        windowBlocks: limits.windowBlocks,
        timeoutSec: limits.timeoutSec,
      },
      timers: {
        set: (delayMs, callback) => setTimeout(callback, delayMs),
        clear: (handle) => clearTimeout(handle as NodeJS.Timeout),
      },
      send: (datagram) => socket.send(datagram, from.port, from.address),
      onEnd: (outcome) => {
        socket.close();
        forget(key, job.source);
        report(job, outcome, performance.now() - startedAt);
      },
    });
    listenForAcks(socket, from, transfer);
    running.set(key, { request: arrival.bytes, source: job.source, transfer });
    perSource.set(job.source, (perSource.get(job.source) ?? 0) + 1);
  }

  function listenForAcks(socket: Socket, client: RemoteInfo, transfer: Transfer): void {
    let strays = 0;
    socket.on('message', (bytes, from) => {
      if (from.port === client.port && from.address === client.address) {
        const packet = readPacket(bytes);
        if (packet.ok) transfer.receive(packet.value);
        return;
      }
      strays += 1;
      if (strays > MOST_STRAY_ANSWERS) return;
      socket.send(writeError(TFTP_ERROR.unknownTransfer, 'Unknown transfer'), from.port, from.address);
    });
    socket.on('error', (cause) => {
      options.log.warn({ err: cause, client: client.address }, 'a TFTP transfer broke off');
      transfer.cancel();
    });
  }

  function forget(key: string, source: string): void {
    running.delete(key);
    const left = (perSource.get(source) ?? 1) - 1;
    if (left === 0) perSource.delete(source);
    else perSource.set(source, left);
    if (running.size === 0) onIdle?.();
  }

  function report(job: Job, outcome: TransferOutcome, durationMs: number): void {
    const completed = outcome.kind === 'complete';
    const { answered, request, body } = job;
    if (completed && answered.device && answered.isIdentified)
      options.noteAddress(answered.source.address, answered.device.id);
    options.observe(
      createFact(request, answered, { completed, bytes: completed ? body.length : 0, durationMs }),
    );
  }

  /** From a port of its own too: phones take the first answer's port for the transfer's. */
  function sendError(arrival: Arrival, code: number, message: string): void {
    const socket = openTransferSocket(arrival);
    openErrors += 1;
    socket.on('error', (cause) =>
      options.log.warn({ err: cause, client: arrival.from.address }, 'a TFTP error was not sent'),
    );
    socket.send(writeError(code, message), arrival.from.port, arrival.from.address, () => {
      openErrors -= 1;
      socket.close();
    });
  }

  async function openDoor(host: string, port: number): Promise<number> {
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', ipv6Only: host.includes(':') });
    socket.bind({ port, address: host });
    await once(socket, 'listening');
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    socket.on('message', (bytes, from) => receive({ bytes, from, host }));
    socket.on('error', (cause) => options.log.warn({ err: cause }, 'the TFTP socket has a problem'));
    doors.push(socket);
    return socket.address().port;
  }

  return {
    async listen({ port, hosts = ALL_HOSTS }) {
      let bound = port;
      for (const host of hosts) {
        try {
          bound = await openDoor(host, bound);
        } catch (cause) {
          if (doors.length > 0 && host.includes(':') && NO_IPV6.has(codeOf(cause))) continue;
          await Promise.all(doors.splice(0).map(closeSocket));
          throw cause;
        }
      }
      return { port: bound };
    },
    async close(graceMs) {
      await Promise.all(doors.splice(0).map(closeSocket));
      if (running.size > 0) {
        const idle = Promise.withResolvers<void>();
        const deadline = setTimeout(idle.resolve, graceMs);
        onIdle = idle.resolve;
        await idle.promise;
        clearTimeout(deadline);
      }
      for (const each of running.values()) each.transfer.cancel();
    },
    get transfers() {
      return running.size;
    },
  };
}

interface Job {
  readonly packet: TftpRequest;
  readonly source: string;
  readonly request: FileRequest;
  readonly answered: FileAnswer;
  readonly body: Buffer;
}

/** Answers from the address that was asked, where the server listens on single addresses. */
function openTransferSocket({ from, host }: Arrival): Socket {
  const family = from.family === 'IPv6' ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    // Addresses only, never names: nothing to look up, and no detour through the resolver for each datagram.
    lookup: (address, _options, done) => done(null, address, family),
  });
  socket.bind({ port: 0, address: host, exclusive: true });
  return socket;
}

function keyOf(from: RemoteInfo): string {
  return `${from.address} ${from.port}`;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

async function closeSocket(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}
