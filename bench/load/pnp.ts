import type { Socket } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import { findSubscribeCase } from '../../tests/support/pnp-vectors.ts';
import { openBound } from '../datagram.ts';
import type { FleetPhone } from '../fleet.ts';
import { GROUP } from '../servers/group.ts';
import { type Batch, type Run, runLanes } from './run.ts';

const DESKS = 64;
const REPEAT_AFTER_MS = 500;
const VECTORS = { flyingvoice: findSubscribeCase('flyingvoice-seed'), snom: findSubscribeCase('snom-seed') };

/** 64 addresses; at each one phone after the other boots: it asks the group, takes the 200 and the NOTIFY, and answers that. */
export interface Desks {
  subscribe(port: number, batch: Batch<FleetPhone>): Promise<Run>;
  close(): void;
}

export async function openDesks(): Promise<Desks> {
  const desks = await Promise.all(
    Array.from({ length: DESKS }, (_, number) => Desk.open(`127.0.0.${number + 2}`)),
  );
  return {
    async subscribe(port, batch) {
      for (const desk of desks) desk.repeats = 0;
      const watch = setInterval(() => {
        for (const desk of desks) desk.repeatIfLate();
      }, REPEAT_AFTER_MS / 5);
      const latenciesMs = await runLanes(desks, batch, (desk, phone) => desk.subscribe(port, phone));
      clearInterval(watch);
      return { latenciesMs, repeats: desks.reduce((sum, desk) => sum + desk.repeats, 0) };
    },
    close() {
      for (const desk of desks) desk.close();
    },
  };
}

interface Exchange {
  readonly datagram: Buffer;
  readonly port: number;
  readonly callId: string;
  readonly url: string;
  sentAt: number;
  hasOk: boolean;
  hasNotify: boolean;
  readonly finish: () => void;
}

class Desk {
  repeats = 0;
  readonly #socket: Socket;
  readonly #address: string;
  readonly #port: number;
  #exchange: Exchange | null = null;
  #count = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#address = socket.address().address;
    this.#port = socket.address().port;
    socket.on('message', (bytes, source) => this.#receive(bytes, source));
  }

  static async open(address: string): Promise<Desk> {
    const socket = await openBound({ address });
    socket.setMulticastInterface('127.0.0.1');
    return new Desk(socket);
  }

  subscribe(port: number, phone: FleetPhone): Promise<void> {
    this.#count += 1;
    const callId = `${this.#count}-${performance.now()}@${this.#address}`;
    const datagram = Buffer.from(this.#write(phone, callId), 'latin1');
    return new Promise((finish) => {
      const answers = { hasOk: false, hasNotify: false };
      this.#exchange = {
        ...{ datagram, port, callId, url: `/d/${phone.token}/`, sentAt: performance.now(), finish },
        ...answers,
      };
      this.#socket.send(datagram, port, GROUP);
    });
  }

  repeatIfLate(): void {
    const exchange = this.#exchange;
    if (!exchange || performance.now() - exchange.sentAt < REPEAT_AFTER_MS) return;
    exchange.sentAt = performance.now();
    this.repeats += 1;
    this.#socket.send(exchange.datagram, exchange.port, GROUP);
  }

  close(): void {
    this.#socket.close();
  }

  #write({ shape, mac }: FleetPhone, callId: string): string {
    const { raw, source, expected } = VECTORS[shape];
    return raw
      .replaceAll(`${source.address}:${source.port}`, `${this.#address}:${this.#port}`)
      .replaceAll(new RegExp(expected.mac ?? '', 'gi'), mac)
      .replace(/branch=\S+/, `branch=z9hG4bK${callId}`)
      .replace(/tag=\S+/, `tag=${this.#count}`)
      .replace(/^Call-ID:.*$/m, `Call-ID: ${callId}`);
  }

  #receive(bytes: Buffer, source: { readonly port: number; readonly address: string }): void {
    const exchange = this.#exchange;
    const text = bytes.toString('latin1');
    if (!exchange || !text.includes(exchange.callId)) return;
    if (text.startsWith('SIP/2.0 200 ')) exchange.hasOk = true;
    if (text.startsWith('NOTIFY ') && text.endsWith(exchange.url)) {
      exchange.hasNotify = true;
      this.#socket.send(Buffer.from(answerTo(text), 'latin1'), source.port, source.address);
    }
    if (!exchange.hasOk || !exchange.hasNotify) return;
    this.#exchange = null;
    exchange.finish();
  }
}

const COPIED = /^(?:Via|From|To|Call-ID|CSeq):.*$/gm;

function answerTo(notify: string): string {
  return `SIP/2.0 200 OK\r\n${notify.match(COPIED)?.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`;
}
