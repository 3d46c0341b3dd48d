import type { RemoteInfo } from 'node:dgram';
import { openBound } from '../datagram.ts';

/** RFC 1350 with blksize and tsize, and a socket for each transfer; no timer, nothing is sent again. Returns the port. */
export async function startBareTftp(bodies: ReadonlyMap<string, Buffer>): Promise<number> {
  const socket = await openBound();
  socket.on('message', (bytes, client) => {
    const [name = '', , ...options] = bytes.toString('latin1', 2).split('\0');
    const body = bodies.get(name);
    if (body) void sendFile(body, readOptions(options), client);
  });
  return socket.address().port;
}

function readOptions(texts: readonly string[]): ReadonlyMap<string, number> {
  const options = new Map<string, number>();
  for (let at = 0; at + 1 < texts.length; at += 2) options.set(texts[at] ?? '', Number(texts[at + 1]));
  return options;
}

async function sendFile(
  body: Buffer,
  options: ReadonlyMap<string, number>,
  { port, address }: RemoteInfo,
): Promise<void> {
  const blockBytes = options.get('blksize') ?? 512;
  const blocks = Math.floor(body.length / blockBytes) + 1;
  const socket = await openBound();
  socket.on('message', (ack) => {
    const block = ack.readUInt16BE(2);
    if (block === blocks) socket.close();
    else sendBlock(block + 1);
  });
  if (options.size === 0) sendBlock(1);
  else {
    const accepted = `blksize\0${blockBytes}\0tsize\0${body.length}\0`;
    socket.send(Buffer.from(`\0\x06${accepted}`, 'latin1'), port, address);
  }
  function sendBlock(block: number): void {
    const start = (block - 1) * blockBytes;
    const head = Buffer.from([0, 3, block >> 8, block & 0xff]);
    socket.send([head, body.subarray(start, start + blockBytes)], port, address);
  }
}
