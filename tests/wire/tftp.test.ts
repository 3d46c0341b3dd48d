import { createHash } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { readPacket, writeAck } from '../../sip-worker/files/tftp/packet.ts';
import {
  createTftpServer,
  type TftpServer,
  type TftpServerOptions,
} from '../../sip-worker/files/tftp/server.ts';
import vectors from '../fixtures/tftp-requests.json' with { type: 'json' };
import { createFileWorker, type FileWorker } from '../support/file-worker.ts';
import { servedDevice, servedFile } from '../support/replica-view.ts';
import { fetchByTftp } from '../support/tftp-client.ts';
import { openUdpRelay, type UdpRelayOptions } from '../support/udp-relay.ts';

const MAC = '0021f222b01d';
const PAYLOAD = Buffer.from(Array.from({ length: 7_001 }, (_, index) => index % 251));
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Running {
  readonly worker: FileWorker;
  readonly server: TftpServer;
  readonly port: number;
}

async function startServer(limits: TftpServerOptions['limits'] = {}): Promise<Running> {
  const files = [servedFile(`${MAC}.cfg`, PAYLOAD), servedFile('y000000000000.cfg', 'a\nb\n', 'common')];
  const worker = createFileWorker({ devices: [servedDevice(MAC, { files })] });
  const server = createTftpServer({ ...worker.hooks, limits });
  const { port } = await server.listen({ port: 0 });
  closers.push(() => server.close(0));
  return { worker, server, port };
}

async function openClient(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closers.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return socket;
}

describe('a phone that reads its file', () => {
  test.each([
    ['127.0.0.1', {}],
    ['::1', {}],
    ['127.0.0.1', { tsize: 0, blksize: 512, timeout: 4 }],
    ['127.0.0.1', { blksize: 1428, windowsize: 8 }],
    ['::1', { blksize: 65_464 }],
  ])('from %s with %j gets every byte, from a port of its own', async (host, options) => {
    const { port, worker } = await startServer();
    const result = await fetchByTftp({ host, port, file: `${MAC}.cfg`, options });
    expect(result).toMatchObject({ kind: 'file', body: PAYLOAD });
    expect(result.serverPort).not.toBe(port);
    const [fact] = await worker.untilFacts(1);
    expect(fact).toMatchObject({
      kind: 'download',
      transport: 'tftp',
      method: 'RRQ',
      status: 200,
      completed: true,
      bytes: PAYLOAD.length,
      file: `${MAC}.cfg`,
      door: 'plain',
      address: host,
    });
    expect(worker.replica.view.findDeviceByAddress(host)?.mac).toBe(MAC);
  });

  test('is told the size it asked for, and a block that fits its network', async () => {
    const { port } = await startServer();
    const over4 = await fetchByTftp({ port, file: `${MAC}.cfg`, options: { tsize: 0, blksize: 65_464 } });
    expect(over4).toMatchObject({ options: { tsize: PAYLOAD.length, blksize: 1_468 } });
    const over6 = await fetchByTftp({ port, host: '::1', file: `${MAC}.cfg`, options: { blksize: 65_464 } });
    expect(over6).toMatchObject({ options: { blksize: 1_448 } });
  });

  test('in netascii gets its line ends converted', async () => {
    const { port } = await startServer();
    await fetchByTftp({ port, file: `${MAC}.cfg` });
    const result = await fetchByTftp({
      port,
      file: 'y000000000000.cfg',
      mode: 'netascii',
      options: { tsize: 0 },
    });
    expect(result).toMatchObject({ body: Buffer.from('a\r\nb\r\n'), options: { tsize: 6 } });
  });

  test('by its token in the path', async () => {
    const { port, worker } = await startServer();
    const result = await fetchByTftp({ port, file: `d/token-${MAC}/${MAC}.cfg` });
    expect(result.kind).toBe('file');
    expect(await worker.untilFacts(1)).toMatchObject([{ door: 'token', path: `/d/****/${MAC}.cfg` }]);
  });

  test.each<[string, UdpRelayOptions['fate']]>([
    ['loses every fifth', (index) => (index % 5 === 3 ? 'drop' : 'pass')],
    ['repeats every datagram', () => 'twice'],
    ['lets every third be overtaken', (index) => (index % 3 === 1 ? 'after-next' : 'pass')],
  ])('gets every byte over a network that %s', async (_title, fate) => {
    const { port } = await startServer();
    const relay = await openUdpRelay({ server: { address: '127.0.0.1', port }, fate });
    closers.push(() => relay.close());
    const results = await fetchByTftp({
      port: relay.port,
      file: `${MAC}.cfg`,
      options: { blksize: 1024, windowsize: 2 },
    });
    expect(results.kind === 'file' && digest(results.body)).toBe(digest(PAYLOAD));
  });
});

describe('requests as captured or forged', () => {
  test.each(vectors.cases.filter((each) => each.hex !== ''))('$id: $title', async ({ hex, expected }) => {
    const { port, worker } = await startServer();
    const client = await openClient();
    client.send(Buffer.from(hex, 'hex'), port, '127.0.0.1');
    const isSilent =
      'ignored' in expected || ('alsoAcceptable' in expected && expected.alsoAcceptable === 'silence');
    if (isSilent) {
      // Behind it on the same socket, a request that is answered: what was ignored is then known to be.
      client.send(Buffer.from('\0\x01none\0octet\0', 'latin1'), port, '127.0.0.1');
    }
    const [bytes] = await once(client, 'message');
    const packet = readPacket(bytes);
    if (!packet.ok) throw new Error(packet.reason);
    const code = packet.value.op === 'error' ? packet.value.code : null;
    if ('errorAnyOf' in expected && !isSilent) expect(expected.errorAnyOf).toContain(code);
    if ('error' in expected) expect(code).toBe(expected.error);
    if ('mustNotServe' in expected) expect(worker.facts).toMatchObject([{ kind: 'refused', file: null }]);
    if ('mac' in expected && expected.file === `${MAC}.cfg`) expect(packet.value.op).toBe('option-ack');
    if (isSilent) expect(worker.facts).toHaveLength(1);
  });
});

describe('trouble', () => {
  test('a repeated request is a repeat of the running transfer, not a second one', async () => {
    const { port, server } = await startServer();
    const client = await openClient();
    const seen: number[] = [];
    client.on('message', (_bytes, from) => seen.push(from.port));
    const request = Buffer.from(`\0\x01${MAC}.cfg\0octet\0`, 'latin1');
    client.send(request, port, '127.0.0.1');
    await once(client, 'message');
    client.send(request, port, '127.0.0.1');
    await once(client, 'message');
    expect(new Set(seen).size).toBe(1);
    expect(server.transfers).toBe(1);
  });

  test('another request from the same port ends the one that was running', async () => {
    const { port, server, worker } = await startServer();
    const client = await openClient();
    client.send(Buffer.from(`\0\x01${MAC}.cfg\0octet\0`, 'latin1'), port, '127.0.0.1');
    await once(client, 'message');
    client.send(Buffer.from(`\0\x01/${MAC}.cfg\0octet\0`, 'latin1'), port, '127.0.0.1');
    await once(client, 'message');
    expect(server.transfers).toBe(1);
    expect(worker.facts).toMatchObject([{ completed: false }]);
  });

  test('a stranger at the port of a transfer gets error 5 and disturbs nobody', async () => {
    const { port } = await startServer();
    const [client, stranger] = [await openClient(), await openClient()];
    client.send(Buffer.from(`\0\x01${MAC}.cfg\0octet\0`, 'latin1'), port, '127.0.0.1');
    const [, from] = await once(client, 'message');
    stranger.send(writeAck(1), from.port, '127.0.0.1');
    const [answer] = await once(stranger, 'message');
    expect(readPacket(answer)).toMatchObject({ value: { op: 'error', code: 5 } });
    client.send(writeAck(1), from.port, '127.0.0.1');
    const [next] = await once(client, 'message');
    expect(readPacket(next)).toMatchObject({ value: { op: 'data', block: 2 } });
  });

  test('one address has so many transfers at once and no more', async () => {
    const { port, server, worker } = await startServer({ transfersPerSource: 2 });
    const request = Buffer.from(`\0\x01${MAC}.cfg\0octet\0`, 'latin1');
    const clients = [await openClient(), await openClient()];
    for (const client of clients) {
      client.send(request, port, '127.0.0.1');
      await once(client, 'message');
    }
    const third = await openClient();
    third.send(request, port, '127.0.0.1');
    const other = await fetchByTftp({ port, from: '127.0.0.2', file: `${MAC}.cfg` });
    expect(other.kind).toBe('file');
    await worker.untilFacts(1);
    expect(server.transfers).toBe(2);
  });

  test('a port in use is reported, and nothing is left open', async () => {
    const { port, worker } = await startServer();
    const second = createTftpServer(worker.hooks);
    await expect(second.listen({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await second.close(0);
  });

  test('closing lets a transfer end', async () => {
    const { port, server, worker } = await startServer();
    const client = await openClient();
    client.send(
      Buffer.from('\0\x01d/token-0021f222b01d/y000000000000.cfg\0octet\0', 'latin1'),
      port,
      '127.0.0.1',
    );
    const [, from] = await once(client, 'message');
    const closed = server.close(60_000);
    client.send(writeAck(1), from.port, '127.0.0.1');
    await closed;
    expect(worker.facts).toMatchObject([{ completed: true }]);
  });
});

function digest(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
