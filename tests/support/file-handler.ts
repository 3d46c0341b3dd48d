/** A file handler over a replica in memory, and requests to it from an address of a phone LAN. */
import type { LocalNetwork } from '#lib/domain/access.ts';
import type { Mac } from '#lib/domain/mac.ts';
import { createFileHandler, type FileRequest } from '../../sip-worker/files/handler.ts';
import { networks } from './file-worker.ts';
import { createReplicaView, type ReplicaContent, servedDevice } from './replica-view.ts';

export const MAC = '0021f222b01d';
export const TOKEN = `token-${MAC}`;
export const PHONE = '192.168.50.77';
export const AWAY = '198.51.100.7';

const LAN: readonly LocalNetwork[] = [
  {
    name: 'eth0',
    address: '192.168.50.10',
    cidr: '192.168.50.10/24',
    isBridge: false,
    gateway: '192.168.50.1',
  },
];

export interface HandlerSetup extends ReplicaContent {
  readonly proxies?: readonly string[];
  readonly neighbours?: Readonly<Record<string, string>>;
}

export function setUpHandler(setup: HandlerSetup = { devices: [servedDevice(MAC)] }) {
  const clock = { now: Date.parse('2026-11-20T09:00:00Z') };
  const replica = createReplicaView(setup);
  const handler = createFileHandler({
    view: replica.view,
    trustedProxies: networks(setup.proxies ?? []),
    listLocalNetworks: () => LAN,
    findNeighbour: (address) => (setup.neighbours?.[address] ?? null) as Mac | null,
    now: () => clock.now,
  });
  function get(target: string, more: Partial<FileRequest> = {}) {
    return handler.answer(fileRequest(target, more));
  }
  return { replica, clock, handler, get };
}

export function fileRequest(target: string, more: Partial<FileRequest> = {}): FileRequest {
  return { transport: 'http', method: 'GET', target, peerAddress: PHONE, headers: {}, ...more };
}
