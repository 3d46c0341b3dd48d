import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, on, once } from 'node:events';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseMac } from '../../lib/domain/mac.ts';
import type { PnpEvent } from '../../sip-worker/pnp/event.ts';
import type { PnpDecision } from '../../sip-worker/pnp/policy.ts';
import { type PnpServer, startPnpServer } from '../../sip-worker/pnp/server.ts';
import type { PnpSocketConfig } from '../../sip-worker/pnp/sockets.ts';
import type { PnpSource } from '../../sip-worker/pnp/subscription.ts';
import { headerValue, parseMessage, type SipMessage } from '../../sip-worker/sip/message.ts';
import { runInNamespace } from '../support/namespace.ts';
import { findSubscribeCase } from '../support/pnp-vectors.ts';
import { type Fate, openUdpRelay } from '../support/udp-relay.ts';
import type { NamespaceReport } from './pnp-namespace.ts';

const GROUP = '224.0.1.75';
const URL = 'http://127.0.0.1:8080/d/0123456789abcdef0123456789abcdef/';
const KNOWN: PnpDecision = { answer: true, url: URL, rule: 'known phones', deviceId: 'd1' };

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Rig {
  readonly server: PnpServer;
  readonly port: number;
  readonly events: PnpEvent[];
  readonly problems: Error[];
  /** The event of this kind with this number, from 1; at once or when it comes. */
  next(kind: PnpEvent['kind'], number?: number): Promise<PnpEvent>;
}

async function startRig(decision: PnpDecision = KNOWN, sockets: Partial<PnpSocketConfig> = {}): Promise<Rig> {
  const emitter = new EventEmitter();
  const events: PnpEvent[] = [];
  const problems: Error[] = [];
  const groupPort = sockets.port ?? (await findFreePort());
  const server = await startPnpServer({
    sockets: { group: GROUP, interfaces: ['127.0.0.1'], ...sockets, port: groupPort },
    policy: { decide: () => decision },
    observe(event) {
      events.push(event);
      emitter.emit(event.kind, event);
    },
    onProblem: (problem) => problems.push(problem),
  });
  cleanUps.push(() => server.close());
  return {
    server,
    port: groupPort,
    events,
    problems,
    async next(kind, number = 1) {
      while (true) {
        const seen = events.filter((event) => event.kind === kind)[number - 1];
        if (seen) return seen;
        await once(emitter, kind);
      }
    },
  };
}

async function findFreePort(): Promise<number> {
  const probe = await openSocket({ address: '127.0.0.1', port: 0 });
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

async function openSocket(at: PnpSource, reuseAddr = false): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr });
  socket.bind({ ...at, exclusive: true });
  await once(socket, 'listening');
  return socket;
}

interface Datagram {
  readonly text: string;
  readonly message: SipMessage;
  readonly from: PnpSource;
}

/** A phone that asks with the bytes of a vector, from a loopback address of its own. */
class Phone {
  readonly #socket: Socket;
  readonly #incoming: AsyncIterator<[Buffer, PnpSource]>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#incoming = on(socket, 'message') as AsyncIterator<[Buffer, PnpSource]>;
  }

  static async open(address: string): Promise<Phone> {
    const socket = await openSocket({ address, port: 0 });
    socket.setMulticastInterface('127.0.0.1');
    socket.setMulticastLoopback(true);
    cleanUps.push(async () => {
      socket.close();
      await once(socket, 'close');
    });
    return new Phone(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** The vector with this phone's address in place of the captured one. */
  rewrite(id: string): string {
    const { raw, source } = findSubscribeCase(id);
    const { address, port } = this.#socket.address();
    return raw
      .replaceAll(`${source.address}:${source.port}`, `${address}:${port}`)
      .replaceAll(source.address, address);
  }

  send(text: string, to: PnpSource): void {
    this.#socket.send(Buffer.from(text), to.port, to.address);
  }

  async receive(): Promise<Datagram> {
    const { value } = await this.#incoming.next();
    const [bytes, from] = value as [Buffer, PnpSource];
    const message = parseMessage(bytes);
    if (!message.ok) throw new Error(message.reason);
    return { text: bytes.toString('latin1'), message: message.value, from };
  }

  answer(notify: Datagram, status = '200 Ok'): void {
    const copied = ['via', 'from', 'to', 'call-id', 'cseq'].map(
      (key) => `${key}: ${headerValue(notify.message, key)}`,
    );
    this.send([`SIP/2.0 ${status}`, ...copied, '', ''].join('\r\n'), notify.from);
  }
}

describe.each([
  ['snom-seed', '127.0.0.67'],
  ['flyingvoice-seed', '127.0.0.163'],
  ['panasonic-hdv130', '127.0.0.20'],
])('%s over multicast', (id, address) => {
  it('gets 200 and NOTIFY with its URL, and its 200 ends the exchange', async () => {
    const rig = await startRig();
    const phone = await Phone.open(address);
    phone.send(phone.rewrite(id), { address: GROUP, port: rig.port });
    const ok = await phone.receive();
    expect(ok.text).toMatch(/^SIP\/2\.0 200 OK\r\n/);
    const notify = await phone.receive();
    expect(notify.text.split('\r\n\r\n')[1]).toBe(URL);
    expect(notify.from).toMatchObject({ address: '127.0.0.1', port: rig.port });
    expect(headerValue(notify.message, 'from')?.split(';tag=')[1]).toBe(
      headerValue(ok.message, 'to')?.split(';tag=')[1],
    );
    phone.answer(notify);
    const answered = await rig.next('notify-answered');
    expect(answered).toMatchObject({
      status: 200,
      sends: 1,
      exchange: { mac: findSubscribeCase(id).expected.mac },
    });
    expect(rig.server.status().interfaces).toMatchObject([
      { address: '127.0.0.1', joined: true, answerPort: rig.port, lastSubscribeAt: expect.any(Number) },
    ]);
    expect(rig.problems).toEqual([]);
  });
});

describe('audiocodes-seed over multicast', () => {
  it('is reported without a MAC and gets no answer where the policy gives none', async () => {
    const rig = await startRig({ answer: false, reason: 'no MAC', rule: 'list unknown' });
    const phone = await Phone.open('127.0.0.37');
    phone.send(phone.rewrite('audiocodes-seed'), { address: GROUP, port: rig.port });
    expect(await rig.next('subscribe')).toMatchObject({
      exchange: { mac: null },
      request: { identity: { vendor: 'audiocodes', model: '420HD' } },
      verdict: { answer: false, reason: 'no MAC' },
    });
    expect(rig.events.map(({ kind }) => kind)).toEqual(['subscribe']);
  });
});

describe('repeats', () => {
  it('a repeated SUBSCRIBE gets the stored 200 and no second NOTIFY', async () => {
    const rig = await startRig();
    const phone = await Phone.open('127.0.0.67');
    const group = { address: GROUP, port: rig.port };
    phone.send(phone.rewrite('snom-seed'), group);
    const [ok, notify] = [await phone.receive(), await phone.receive()];
    phone.answer(notify);
    await rig.next('notify-answered');
    phone.send(phone.rewrite('snom-seed'), group);
    const repeated = await phone.receive();
    expect(repeated.text).toBe(ok.text);
    expect(rig.events.filter(({ kind }) => kind === 'notify-sent')).toHaveLength(1);
  });

  it('a NOTIFY that was lost twice arrives at the third send', async () => {
    const rig = await startRig();
    const phone = await Phone.open('127.0.0.67');
    // Towards the phone: 200, then the NOTIFYs.
    const fates: readonly Fate[] = ['pass', 'drop', 'drop', 'pass'];
    const relay = await openRelay(
      rig,
      (index, direction) => (direction === 'to-client' && fates[index]) || 'pass',
    );
    phone.send(phone.rewrite('snom-seed'), relay);
    await phone.receive();
    phone.answer(await phone.receive());
    expect(await rig.next('notify-answered')).toMatchObject({ status: 200, sends: 3 });
  });

  it('a phone that takes the NOTIFY before the 200, and doubled, is served', async () => {
    const rig = await startRig();
    const phone = await Phone.open('127.0.0.67');
    const relay = await openRelay(rig, (index, direction) =>
      direction === 'to-client' && index === 0 ? 'after-next' : 'twice',
    );
    phone.send(phone.rewrite('snom-seed'), relay);
    const first = await phone.receive();
    expect(first.text).toMatch(/^NOTIFY /);
    phone.answer(first);
    expect(await rig.next('notify-answered')).toMatchObject({ status: 200, sends: 1 });
    expect(rig.events.filter(({ kind }) => kind === 'ok-sent')).toMatchObject([
      { isRepeat: false },
      { isRepeat: true },
    ]);
  });

  it('a fetch without an answer ends the repeats', async () => {
    const rig = await startRig();
    const phone = await Phone.open('127.0.0.67');
    phone.send(phone.rewrite('snom-seed'), { address: GROUP, port: rig.port });
    await rig.next('notify-sent');
    const mac = parseMac('00135e874b49');
    rig.server.noteFetch('127.0.0.67', mac.ok ? mac.value : null);
    expect(await rig.next('notify-stopped')).toMatchObject({ reason: 'fetched', sends: 1 });
  });

  it('a silent source gets its NOTIFY thrice within five bytes per byte', async () => {
    const rig = await startRig();
    const phone = await Phone.open('127.0.0.67');
    const subscribe = phone.rewrite('snom-seed');
    phone.send(subscribe, { address: GROUP, port: rig.port });
    expect(await rig.next('notify-sent', 3)).toMatchObject({ attempt: 3 });
    const bytesOut = rig.events.reduce((sum, event) => sum + (isSend(event) ? event.bytes : 0), 0);
    expect(bytesOut / subscribe.length).toBeLessThanOrEqual(5);
  });

  function isSend(event: PnpEvent): event is Extract<PnpEvent, { kind: 'ok-sent' | 'notify-sent' }> {
    return event.kind === 'ok-sent' || event.kind === 'notify-sent';
  }

  async function openRelay(rig: Rig, fate: Parameters<typeof openUdpRelay>[0]['fate']) {
    const relay = await openUdpRelay({ server: { address: GROUP, port: rig.port }, fate });
    cleanUps.push(() => relay.close());
    return relay;
  }
});

describe('joining again', () => {
  it('loses no phone', async () => {
    const rig = await startRig(KNOWN, { rejoinMs: 1 });
    const phone = await Phone.open('127.0.0.67');
    for (let boot = 0; boot < 50; boot += 1) {
      phone.send(phone.rewrite('snom-seed').replace('1930770594', `${boot}`), {
        address: GROUP,
        port: rig.port,
      });
      await phone.receive();
      phone.answer(await phone.receive());
      await rig.next('notify-answered', boot + 1);
    }
    expect(rig.server.status().interfaces).toMatchObject([{ joined: true, problem: null }]);
    expect(rig.problems).toEqual([]);
  });
});

describe('beside a PBX on the same host', () => {
  it('one that shares the port keeps its unicast, and we answer from another port', async () => {
    const port = await findFreePort();
    const pbx = await openSocket({ address: '0.0.0.0', port }, true);
    cleanUps.push(async () => void pbx.close());
    const rig = await startRig(KNOWN, { port });
    const phone = await Phone.open('127.0.0.67');
    const heard = once(pbx, 'message');
    phone.send('OPTIONS sip:pbx SIP/2.0\r\n\r\n', { address: '127.0.0.1', port });
    expect(String((await heard)[0])).toMatch(/^OPTIONS/);
    phone.send(phone.rewrite('snom-seed'), { address: GROUP, port });
    const notify = [await phone.receive(), await phone.receive()][1] as Datagram;
    expect(notify.from.port).not.toBe(port);
    phone.answer(notify);
    await rig.next('notify-answered');
  });

  it('one that does not share the port is reported, and its end noticed by the next scan', async () => {
    const port = await findFreePort();
    const pbx = await openSocket({ address: '0.0.0.0', port });
    const rig = await startRig(KNOWN, { port });
    expect(rig.server.status()).toMatchObject({
      listening: false,
      problem: expect.stringContaining('EADDRINUSE'),
    });
    expect(rig.problems).toHaveLength(1);
    pbx.close();
    await once(pbx, 'close');
    await rig.server.rescan();
    expect(rig.server.status()).toMatchObject({
      listening: true,
      problem: null,
      interfaces: [{ joined: true }],
    });
  });
});

describe('faults', () => {
  it('an exception of the policy harms no other phone', async () => {
    const rig = await startRig();
    const failing = await startPnpServer({
      sockets: { group: GROUP, port: await findFreePort(), interfaces: ['127.0.0.1'] },
      policy: {
        decide() {
          throw new Error('replica is gone');
        },
      },
      observe: () => undefined,
      onProblem: (problem) => rig.problems.push(problem),
    });
    cleanUps.push(() => failing.close());
    const answerPort = failing.status().interfaces[0]?.answerPort ?? 0;
    const phone = await Phone.open('127.0.0.67');
    phone.send(phone.rewrite('snom-seed'), { address: GROUP, port: answerPort });
    phone.send(phone.rewrite('snom-seed'), { address: GROUP, port: rig.port });
    await phone.receive();
    expect(rig.problems).toMatchObject([{ message: 'replica is gone' }]);
  });
});

describe('on real interfaces', () => {
  const program = path.join(import.meta.dirname, 'pnp-namespace.ts');
  const answered = (phone: string, server: string) => [
    ['SIP/2.0 200 OK', `${server}:5060`],
    [`NOTIFY sip:${phone}:5060 SIP/2.0`, `${server}:5060`],
  ];

  it('only the listed ones are joined and sent to, one that comes late included', async () => {
    const report = await runInNamespace<NamespaceReport>(program, ['["first","late"]']);
    expect(report).toEqual({
      members: { atStart: ['first'], afterAdding: ['first', 'late'], afterRemoving: ['first'] },
      received: {
        first: answered('192.168.60.10', '192.168.60.1'),
        late: answered('10.7.0.10', '10.7.0.1'),
        other: [],
      },
      packetsSentOnOther: 0,
      interfacesSeen: ['first', 'late'],
      problems: [],
    });
  });

  it('all that are up are joined when none is listed, loopback too', async () => {
    const report = await runInNamespace<NamespaceReport>(program, ['null']);
    expect(report.members.afterAdding).toEqual(['first', 'late', 'lo', 'other']);
    expect(report.received.other).toEqual(answered('172.20.0.10', '172.20.0.1'));
    expect(report.problems).toEqual([]);
  });
});
