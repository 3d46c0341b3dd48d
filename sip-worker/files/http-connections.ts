/** Keeps a few slow or silent clients from holding the connections that phones need. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { plainAddress } from './client-address.ts';
import { sourceKey } from './unknown-budget.ts';

export interface ConnectionLimits {
  /** Connections of one source at once; more are closed as they come. */
  readonly perSource: number;
  /** Of these, how many may hang: open for five seconds since their last answer without a new one. */
  readonly hangingPerSource: number;
  /** A download may be slow, not endless: this long, and then so many bytes a second. */
  readonly stallMs: number;
  readonly leastBytesPerSec: number;
}

export interface Connections {
  /** Counts a new connection; false: it was one too many and is closed. */
  admit(socket: Socket): boolean;
  /** An answer has left completely. */
  markAnswered(socket: Socket): void;
  /** An answer that the network has not taken at once. `bytes`: how many it has taken so far. */
  watchSending(response: ServerResponse, readBytes: () => number): void;
  close(): void;
  readonly size: number;
}

interface Connection {
  readonly source: string;
  /** When it was opened or last answered. */
  freshAt: number;
}

interface Sending {
  readonly since: number;
  readonly readBytes: () => number;
}

const HANGING_AFTER_MS = 5_000;
const SWEEP_MS = 1_000;

export function createConnections(limits: ConnectionLimits, now: () => number): Connections {
  const connections = new Map<Socket, Connection>();
  const perSource = new Map<string, number>();
  const sending = new Map<ServerResponse, Sending>();
  const sweeper = setInterval(sweep, SWEEP_MS);
  sweeper.unref();

  function forget(socket: Socket): void {
    const connection = connections.get(socket);
    if (!connection) return;
    connections.delete(socket);
    const left = (perSource.get(connection.source) ?? 1) - 1;
    if (left === 0) perSource.delete(connection.source);
    else perSource.set(connection.source, left);
  }

  function sweep(): void {
    for (const [response, { since, readBytes }] of sending) {
      const allowedMs = limits.stallMs + (readBytes() / limits.leastBytesPerSec) * 1_000;
      if (now() - since > allowedMs) response.destroy();
    }
    const hanging = new Map<string, number>();
    // Newest first, so that the oldest are the ones above the limit.
    for (const [socket, { source, freshAt }] of [...connections].reverse()) {
      if (now() - freshAt < HANGING_AFTER_MS) continue;
      const count = (hanging.get(source) ?? 0) + 1;
      hanging.set(source, count);
      if (count > limits.hangingPerSource) socket.destroy();
    }
  }

  return {
    admit(socket) {
      const source = sourceKey(plainAddress(socket.remoteAddress ?? ''));
      const count = (perSource.get(source) ?? 0) + 1;
      if (count > limits.perSource) {
        socket.destroy();
        return false;
      }
      perSource.set(source, count);
      connections.set(socket, { source, freshAt: now() });
      socket.on('close', () => forget(socket));
      return true;
    },
    markAnswered(socket) {
      const connection = connections.get(socket);
      if (connection) connection.freshAt = now();
    },
    watchSending(response, readBytes) {
      sending.set(response, { since: now(), readBytes });
      response.on('close', () => sending.delete(response));
    },
    close: () => clearInterval(sweeper),
    get size() {
      return connections.size;
    },
  };
}
