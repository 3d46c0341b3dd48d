import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** Targets are always addresses, so nothing is ever looked up. */
function lookupNothing(
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, address, 4);
}

export interface BindOptions {
  readonly address: string;
  readonly port: number;
  /** Whether other programs may bind the same address and port. */
  readonly isShared: boolean;
}

/** A bound IPv4 socket, or the error that the system gave. */
export async function openBound({ address, port, isShared }: BindOptions): Promise<Socket | Error> {
  const socket = createSocket({ type: 'udp4', reuseAddr: isShared, lookup: lookupNothing });
  // Without a lookup to wait for, the socket listens before bind returns.
  const listening = once(socket, 'listening');
  socket.bind({ port, address, exclusive: true });
  try {
    await listening;
    return socket;
  } catch (error) {
    await closeSocket(socket);
    return toError(error);
  }
}

export function closeSocket(socket: Socket | null): Promise<void> {
  return new Promise((resolve) => {
    if (socket) socket.close(() => resolve());
    else resolve();
  });
}

/** The address that the kernel would send from to this target; asks by connecting a socket, which sends nothing. */
export async function findLocalAddress(target: string): Promise<string | null> {
  const socket = createSocket({ type: 'udp4', lookup: lookupNothing });
  const address = await new Promise<string | null>((resolve) => {
    socket.once('error', () => resolve(null));
    socket.connect(9, target, () => resolve(socket.address().address));
  });
  await closeSocket(socket);
  return address;
}

export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
