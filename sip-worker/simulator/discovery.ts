import { randomInt } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { type ClientTransaction, startClientTransaction } from '../sip/client-transaction.ts';
import { headerValue, type SipMessage, serialiseMessage } from '../sip/message.ts';
import { parseVia } from '../sip/via.ts';
import { buildOk, readDatagram, readNotifyUrl } from './notify.ts';
import type { Phone, PhoneKind } from './phone-kind.ts';

export interface DiscoveryOptions {
  readonly kind: PhoneKind;
  readonly phone: Phone;
  readonly group: string;
  readonly port: number;
  /** Address of ours that the SUBSCRIBE leaves through. */
  readonly address: string;
  readonly timeoutMs: number;
  readonly tell: (line: string) => void;
}

export type Discovery =
  | { readonly ok: true; readonly url: string; readonly close: () => void }
  | { readonly ok: false; readonly reason: string };

/** Phones give up repeating after 5 s (AudioCodes manual, Panasonic KX-UTG manual). */
const REPEAT_MS = 5_000;

/** The first IPv4 address of an interface, or the address itself; null when this machine has neither. */
export function findAddress(nameOrAddress: string): string | null {
  for (const [name, entries] of Object.entries(networkInterfaces()))
    for (const entry of entries ?? [])
      if (entry.family === 'IPv4' && (name === nameOrAddress || entry.address === nameOrAddress))
        return entry.address;
  return null;
}

/** Asks the group for a provisioning URL. The socket stays open to answer repeated NOTIFYs until `close`. */
export async function askForUrl(options: DiscoveryOptions): Promise<Discovery> {
  const socket = createSocket({ type: 'udp4' });
  socket.bind(0, options.address);
  await once(socket, 'listening');
  socket.setMulticastInterface(options.address);
  socket.setMulticastTTL(1);
  socket.setMulticastLoopback(true);
  return new Promise((resolve) => {
    const asking = new Asking(socket, options, (discovery) => {
      if (!discovery.ok) socket.close();
      resolve(discovery);
    });
    asking.start();
  });
}

class Asking {
  readonly #socket: Socket;
  readonly #options: DiscoveryOptions;
  readonly #finish: (discovery: Discovery) => void;
  readonly #branch: string;
  readonly #request: Uint8Array;
  #transaction: ClientTransaction | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isAccepted = false;
  #url: string | null = null;

  constructor(socket: Socket, options: DiscoveryOptions, finish: (discovery: Discovery) => void) {
    this.#socket = socket;
    this.#options = options;
    this.#finish = finish;
    const random = String(randomInt(100_000_000, 999_999_999));
    const place = { address: options.address, port: socket.address().port, group: options.group, random };
    const request = options.kind.subscribe(options.phone, place);
    const bytes = serialiseMessage(request);
    if (!bytes.ok) throw new Error(`the SUBSCRIBE cannot be written: ${bytes.reason}`);
    this.#request = bytes.value;
    this.#branch = branchOf(request) ?? '';
  }

  start(): void {
    this.#socket.on('message', (bytes, source) => this.#receive(bytes, source));
    this.#socket.on('error', (error) => this.#end({ ok: false, reason: error.message }));
    this.#timer = setTimeout(
      () => this.#end({ ok: false, reason: this.#whatIsMissing() }),
      this.#options.timeoutMs,
    );
    const repeatsEnd = performance.now() + REPEAT_MS;
    this.#transaction = startClientTransaction({
      send: (attempt) => performance.now() < repeatsEnd && this.#send(attempt),
      timers: {
        set: (delayMs, callback) => setTimeout(callback, delayMs).unref(),
        clear: (handle) => clearTimeout(handle as NodeJS.Timeout),
      },
      now: () => performance.now(),
      onOutcome: () => undefined,
      onTerminated: () => undefined,
    });
  }

  #send(attempt: number): boolean {
    if (this.#url !== null) return false;
    const { group, port, address, tell } = this.#options;
    const repeat = attempt === 1 ? '' : `, attempt ${attempt}`;
    tell(`SUBSCRIBE to ${group}:${port} from ${address}:${this.#socket.address().port}${repeat}`);
    this.#socket.send(this.#request, port, group);
    return true;
  }

  #receive(bytes: Uint8Array, source: RemoteInfo): void {
    const message = readDatagram(bytes);
    if (message === null) this.#options.tell(`unreadable datagram from ${source.address}:${source.port}`);
    else if (message.kind === 'response') this.#readResponse(message, source);
    else this.#readRequest(message, source);
  }

  #readResponse(message: Extract<SipMessage, { kind: 'response' }>, source: RemoteInfo): void {
    if (branchOf(message) !== this.#branch) return;
    this.#options.tell(`${message.status} ${message.phrase} from ${source.address}:${source.port}`);
    this.#transaction?.receive(message.status);
    if (message.status >= 300) this.#end({ ok: false, reason: `the server refused with ${message.status}` });
    if (message.status >= 200) this.#isAccepted = true;
  }

  #readRequest(message: Extract<SipMessage, { kind: 'request' }>, source: RemoteInfo): void {
    const url = readNotifyUrl(message);
    if (url === null) {
      this.#options.tell(`${message.method} from ${source.address}:${source.port} not understood`);
      return;
    }
    const answer = serialiseMessage(buildOk(message, source));
    if (answer.ok) this.#socket.send(answer.value, source.port, source.address);
    this.#options.tell(`NOTIFY from ${source.address}:${source.port}, ${url}`);
    if (this.#url !== null && this.#url !== url)
      this.#options.tell('another server answered too; the first one counts');
    this.#url ??= url;
    this.#transaction?.stop();
    this.#end({ ok: true, url: this.#url, close: () => this.#socket.close() });
  }

  #whatIsMissing(): string {
    const seconds = this.#options.timeoutMs / 1000;
    return this.#isAccepted
      ? `got a 200 but no NOTIFY within ${seconds} s`
      : `nobody answered within ${seconds} s`;
  }

  #end(discovery: Discovery): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#finish(discovery);
  }
}

function branchOf(message: SipMessage): string | null {
  const via = parseVia(headerValue(message, 'via') ?? '');
  return via.ok ? (via.value.parameters.get('branch') ?? null) : null;
}
