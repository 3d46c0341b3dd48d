import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Mac } from '../../lib/domain/mac.ts';
import type { Timers } from '../sip/client-transaction.ts';
import { toError } from './datagram-socket.ts';
import type { PnpEvent } from './event.ts';
import type { PnpPolicy } from './policy.ts';
import { type PnpLimits, PnpResponder } from './responder.ts';
import { type PnpSocketConfig, type PnpSocketStatus, PnpSockets } from './sockets.ts';

export interface PnpServerOptions {
  readonly sockets: PnpSocketConfig;
  readonly policy: PnpPolicy;
  readonly observe: (event: PnpEvent) => void;
  /** A socket call that failed, or an exception of the policy or the observer; the server goes on. */
  readonly onProblem: (problem: Error) => void;
  readonly limits?: PnpLimits;
}

export interface PnpServer {
  noteFetch(address: string, mac: Mac | null): void;
  rescan(): Promise<void>;
  status(): PnpSocketStatus;
  readonly pending: number;
  close(): Promise<void>;
}

/** The responder on real sockets. Resolves when all that can be open is open; `status()` tells what is not. */
export async function startPnpServer(options: PnpServerOptions): Promise<PnpServer> {
  const { onProblem } = options;
  const timers: Timers = {
    set: (delayMs, callback) => setTimeout(() => guard(callback, onProblem), delayMs).unref(),
    clear: (handle) => clearTimeout(handle as NodeJS.Timeout),
  };
  const sockets = new PnpSockets(options.sockets, {
    onGroupDatagram: (bytes, source, context) =>
      guard(() => responder.receive(bytes, source, context), onProblem),
    onUnicast: (bytes, source) => guard(() => responder.receiveUnicast(bytes, source), onProblem),
    onProblem,
  });
  const responder = new PnpResponder({
    policy: options.policy,
    observe: options.observe,
    send: (datagram, target, context) => sockets.send(datagram, target, context),
    now: () => performance.now(),
    timers,
    random: () => randomUUID().replaceAll('-', ''),
    isOnLink: (address) => sockets.isOnLink(address),
    isOwnSocket: (source) => sockets.isOwnSocket(source),
    ...(options.limits && { limits: options.limits }),
  });
  await sockets.start();
  return {
    noteFetch: (address, mac) => responder.noteFetch(address, mac),
    rescan: () => sockets.rescan(),
    status: () => sockets.status(),
    get pending() {
      return responder.pending;
    },
    async close() {
      responder.close();
      await sockets.close();
    },
  };
}

/** The edge of one datagram or timer: a fault in answering one phone is reported and harms no other. */
function guard(answer: () => void, onProblem: (problem: Error) => void): void {
  try {
    answer();
  } catch (error) {
    onProblem(toError(error));
  }
}
