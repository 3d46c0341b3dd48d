/** A TFTP client as a phone has one: asks, acknowledges, repeats what got no answer. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import {
  readPacket,
  type TftpMode,
  type TftpOptions,
  type TftpPacket,
  writeAck,
  writeRequest,
} from '../../sip-worker/files/tftp/packet.ts';

export interface TftpFetch {
  readonly file: string;
  readonly port: number;
  readonly host?: string;
  /** Source address of the request. */
  readonly from?: string;
  readonly mode?: TftpMode;
  readonly options?: TftpOptions;
}

export type TftpResult =
  | {
      readonly kind: 'file';
      readonly body: Buffer;
      readonly options: TftpOptions | null;
      readonly serverPort: number;
    }
  | { readonly kind: 'error'; readonly code: number; readonly message: string; readonly serverPort: number };

const REPEAT_MS = 400;

export async function fetchByTftp(fetch: TftpFetch): Promise<TftpResult> {
  const host = fetch.host ?? '127.0.0.1';
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve) => socket.bind({ port: 0, address: fetch.from }, resolve));
    return await receiveFile(socket, { ...fetch, host });
  } finally {
    socket.close();
  }
}

function receiveFile(socket: Socket, fetch: TftpFetch & { readonly host: string }): Promise<TftpResult> {
  const blocks: Buffer[] = [];
  let options: TftpOptions | null = null;
  let inWindow = 0;
  let peer = { port: fetch.port, address: fetch.host };
  let last = writeRequest({
    op: 'read',
    file: fetch.file,
    mode: fetch.mode ?? 'octet',
    options: fetch.options ?? {},
  });
  const { promise, resolve, reject } = Promise.withResolvers<TftpResult>();

  function send(datagram: Buffer): void {
    last = datagram;
    socket.send(datagram, peer.port, peer.address);
  }

  function acknowledge(): void {
    inWindow = 0;
    send(writeAck(blocks.length));
  }

  function takeData(packet: Extract<TftpPacket, { op: 'data' }>): void {
    if (packet.block !== ((blocks.length + 1) & 0xffff)) {
      acknowledge();
      return;
    }
    blocks.push(Buffer.from(packet.payload));
    inWindow += 1;
    const isLast = packet.payload.length < (options?.blksize ?? 512);
    if (isLast || inWindow === (options?.windowsize ?? 1)) acknowledge();
    if (isLast) resolve({ kind: 'file', body: Buffer.concat(blocks), options, serverPort: peer.port });
  }

  const repeat = setInterval(() => send(last), REPEAT_MS);
  socket.on('error', reject);
  socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
    const packet = readPacket(bytes);
    if (!packet.ok) return;
    const { value } = packet;
    if (value.op === 'error') {
      resolve({ kind: 'error', code: value.code, message: value.message, serverPort: from.port });
      return;
    }
    if (peer.port === fetch.port) peer = { port: from.port, address: from.address };
    if (from.port !== peer.port) return;
    if (value.op === 'option-ack') {
      options ??= value.options;
      if (blocks.length === 0) acknowledge();
    }
    if (value.op === 'data') takeData(value);
  });
  send(last);
  return promise.finally(() => clearInterval(repeat));
}
