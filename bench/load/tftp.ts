import type { Socket } from 'node:dgram';
import { openBound } from '../datagram.ts';
import type { FleetPhone } from '../fleet.ts';
import { type Batch, type Run, runLanes } from './run.ts';

const TRANSFERS = 16;
/** A client port rests for some transfers before it is used again, so that no server takes the next request for a repeat. */
const PORTS = 128;

export interface TftpClients {
  fetch(port: number, batch: Batch<FleetPhone>, blockBytes: number): Promise<Run>;
  close(): void;
}

export async function openTftpClients(): Promise<TftpClients> {
  const sockets = await Promise.all(Array.from({ length: PORTS }, () => openBound()));
  const resting = [...sockets];
  return {
    async fetch(port, batch, blockBytes) {
      const lanes = Array.from({ length: TRANSFERS }, () => port);
      const latenciesMs = await runLanes(lanes, batch, async (_port, phone) => {
        const socket = resting.shift() as Socket;
        await fetchFile(socket, phone, { port, blockBytes });
        resting.push(socket);
      });
      return { latenciesMs, repeats: 0 };
    },
    close() {
      for (const socket of sockets) socket.close();
    },
  };
}

const OPTION_ACK = 6;
const DATA = 3;

/** Resolves when the last block is acknowledged; rejects for an error packet or another length. */
function fetchFile(
  socket: Socket,
  phone: FleetPhone,
  { port, blockBytes }: { readonly port: number; readonly blockBytes: number },
): Promise<void> {
  const options = blockBytes === 512 ? '' : `blksize\0${blockBytes}\0tsize\0${0}\0`;
  return new Promise((resolve, reject) => {
    let received = 0;
    socket.on('message', (packet, server) => {
      const opcode = packet.readUInt16BE(0);
      const block = opcode === OPTION_ACK ? 0 : packet.readUInt16BE(2);
      if (opcode !== OPTION_ACK && opcode !== DATA) return finish(`error ${block}`);
      if (opcode === DATA) received += packet.length - 4;
      socket.send(Buffer.from([0, 4, block >> 8, block & 0xff]), server.port, server.address);
      if (opcode === DATA && packet.length < blockBytes + 4)
        finish(received === phone.bytes ? null : 'length');
    });
    socket.send(Buffer.from(`\0\x01${phone.fileName}\0octet\0${options}`, 'latin1'), port, '127.0.0.1');
    function finish(problem: string | null): void {
      socket.removeAllListeners('message');
      if (problem === null) resolve();
      else reject(new Error(`RRQ ${phone.fileName}: ${problem}`));
    }
  });
}
