import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface BoundOptions {
  readonly address?: string;
  readonly port?: number;
  readonly reuseAddr?: boolean;
}

/** A bound UDP socket that takes its targets as addresses, so that nothing is looked up for each datagram. */
export async function openBound(options: BoundOptions = {}): Promise<Socket> {
  const { address = '127.0.0.1', port = 0, reuseAddr = false } = options;
  const socket = createSocket({
    ...{ type: 'udp4', reuseAddr },
    lookup: (host, _options, callback) => callback(null, host, 4),
  });
  const listening = once(socket, 'listening');
  socket.bind({ address, port, exclusive: true });
  await listening;
  return socket;
}
