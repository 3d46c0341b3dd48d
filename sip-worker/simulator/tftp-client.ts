import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readPacket, type TftpPacket, writeAck, writeRequest } from '../files/tftp/packet.ts';

export interface TftpAddress {
  readonly host: string;
  readonly port: number;
  /** Without a leading slash; one character for each byte. */
  readonly file: string;
}

export type TftpOutcome =
  | { readonly kind: 'found'; readonly body: Buffer }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Seen on the wire: the request repeated after 4.2 s, and these three options in every request. */
const WAIT_MS = 4_200;
const SENDS = 3;
const OPTIONS = { tsize: 0, blksize: 512, timeout: 4 } as const;
const FILE_NOT_FOUND = 1;

/** Reads one file (RFC 1350, 2347) from a port of its own, as the phone does. */
export async function readTftp(address: TftpAddress): Promise<TftpOutcome> {
  const socket = createSocket({ type: address.host.includes(':') ? 'udp6' : 'udp4' });
  socket.bind(0);
  await once(socket, 'listening');
  try {
    return await new Promise((resolve) => new Reading(socket, address, resolve).start());
  } finally {
    socket.close();
  }
}

class Reading {
  readonly #socket: Socket;
  readonly #address: TftpAddress;
  readonly #finish: (outcome: TftpOutcome) => void;
  readonly #blocks: Buffer[] = [];
  /** The port that the server answered from; everybody else is a stranger (RFC 1350 section 4). */
  #peer: { readonly address: string; readonly port: number } | null = null;
  #blockBytes = 512;
  #last: Buffer = Buffer.alloc(0);
  #sends = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(socket: Socket, address: TftpAddress, finish: (outcome: TftpOutcome) => void) {
    this.#socket = socket;
    this.#address = address;
    this.#finish = finish;
  }

  start(): void {
    this.#socket.on('message', (bytes, source) => this.#receive(bytes, source));
    this.#socket.on('error', (error) => this.#end({ kind: 'failed', reason: error.message }));
    this.#sendNew(writeRequest({ op: 'read', file: this.#address.file, mode: 'octet', options: OPTIONS }));
  }

  #sendNew(packet: Buffer): void {
    this.#last = packet;
    this.#sends = 0;
    this.#sendLast();
  }

  #sendLast(): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#sends >= SENDS) {
      this.#end({ kind: 'failed', reason: 'the TFTP server does not answer' });
      return;
    }
    this.#sends += 1;
    const { host, port } = this.#address;
    this.#socket.send(this.#last, this.#peer?.port ?? port, this.#peer?.address ?? host);
    this.#timer = setTimeout(() => this.#sendLast(), WAIT_MS);
  }

  #receive(bytes: Buffer, source: RemoteInfo): void {
    const packet = readPacket(bytes);
    if (!packet.ok) return;
    const isStranger =
      this.#peer !== null && (this.#peer.port !== source.port || this.#peer.address !== source.address);
    if (isStranger) return;
    this.#peer = { address: source.address, port: source.port };
    this.#act(packet.value);
  }

  #act(packet: TftpPacket): void {
    if (packet.op === 'error') {
      const isMissing = packet.code === FILE_NOT_FOUND;
      this.#end(isMissing ? { kind: 'not-found' } : { kind: 'failed', reason: `TFTP error ${packet.code}` });
    }
    if (packet.op === 'option-ack' && this.#blocks.length === 0) {
      this.#blockBytes = packet.options.blksize ?? this.#blockBytes;
      this.#sendNew(writeAck(0));
    }
    if (packet.op === 'data') this.#take(packet.block, packet.payload);
  }

  #take(block: number, payload: Buffer): void {
    if (block === ((this.#blocks.length + 1) & 0xffff)) this.#blocks.push(Buffer.from(payload));
    else if (block !== (this.#blocks.length & 0xffff)) return;
    this.#sendNew(writeAck(block));
    if (payload.length < this.#blockBytes) this.#end({ kind: 'found', body: Buffer.concat(this.#blocks) });
  }

  #end(outcome: TftpOutcome): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#finish(outcome);
  }
}
