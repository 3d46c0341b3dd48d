import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { FleetPhone } from '../fleet.ts';
import { type Batch, type Run, runLanes } from './run.ts';

const CONNECTIONS = 32;

/** Each phone fetches its file on a connection of its own. Sockets, not node:http: the generator must cost less than the server. */
export async function fetchOnNewConnections(port: number, batch: Batch<FleetPhone>): Promise<Run> {
  const lanes = Array.from({ length: CONNECTIONS }, () => port);
  const latenciesMs = await runLanes(lanes, batch, async (_port, phone) => {
    const socket = connect(port, '127.0.0.1');
    await fetchFile(socket, phone, 'close');
    socket.destroy();
  });
  return { latenciesMs, repeats: 0 };
}

/** The phones share 32 connections that stay open. */
export async function fetchOnKeptConnections(port: number, batch: Batch<FleetPhone>): Promise<Run> {
  const sockets = Array.from({ length: CONNECTIONS }, () => connect(port, '127.0.0.1').setNoDelay());
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const latenciesMs = await runLanes(sockets, batch, (socket, phone) =>
    fetchFile(socket, phone, 'keep-alive'),
  );
  for (const socket of sockets) socket.destroy();
  return { latenciesMs, repeats: 0 };
}

/** Resolves with the last byte; rejects for anything but a 200 of the right length. */
function fetchFile(socket: Socket, phone: FleetPhone, connection: 'close' | 'keep-alive'): Promise<void> {
  return new Promise((resolve, reject) => {
    let head = '';
    let missing = Number.POSITIVE_INFINITY;
    const finish = (problem?: string): void => {
      socket.removeAllListeners();
      if (problem === undefined) resolve();
      else reject(new Error(`GET ${phone.fileName}: ${problem}`));
    };
    socket.on('data', (chunk) => {
      if (missing !== Number.POSITIVE_INFINITY) missing -= chunk.length;
      else {
        head += chunk.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end === -1) return;
        if (!isExpected(head.slice(0, end), phone)) return finish(head.slice(0, end));
        missing = phone.bytes - (head.length - end - 4);
      }
      if (missing === 0) finish();
    });
    socket.on('error', (error) => finish(error.message));
    socket.on('close', () => finish('closed early'));
    socket.write(
      `GET /d/${phone.token}/${phone.fileName} HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
        `User-Agent: Flyingvoice FIP14G 0.6.24 ${phone.mac}\r\nConnection: ${connection}\r\n\r\n`,
    );
  });
}

function isExpected(head: string, { bytes }: FleetPhone): boolean {
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  return head.startsWith('HTTP/1.1 200 ') && Number(length) === bytes;
}
