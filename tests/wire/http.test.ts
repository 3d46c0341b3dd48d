import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import {
  createFileHttpServer,
  type FileHttpServer,
  type FileHttpServerOptions,
} from '../../sip-worker/files/http-server.ts';
import { createStatusPages } from '../../sip-worker/files/status-pages.ts';
import paths from '../fixtures/http-paths.json' with { type: 'json' };
import {
  createFileWorker,
  type FileWorker,
  type FileWorkerOptions,
  networks,
} from '../support/file-worker.ts';
import { exchange, openRaw, readToEnd, request } from '../support/raw-http.ts';
import { servedDevice, servedFile } from '../support/replica-view.ts';

const MAC = '0021f222b01d';
const TOKEN = `token-${MAC}`;
const CFG = servedFile(`${MAC}.cfg`, 'account.1.password = secret\n');
const BIG = servedFile('big.bin', Buffer.alloc(20 << 20, 'x'), 'common');
const PHONE = servedDevice(MAC, { files: [CFG, servedFile(`${MAC}.boot`, 'boot', 'boot'), BIG] });
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Running {
  readonly worker: FileWorker;
  readonly server: FileHttpServer;
  readonly port: number;
}

async function startServer(
  options: FileWorkerOptions &
    Pick<FileHttpServerOptions, 'limits'> & { readonly metricsFor?: readonly string[] } = {},
): Promise<Running> {
  const worker = createFileWorker({ devices: [PHONE], ...options });
  const pages = createStatusPages({
    view: worker.replica.view,
    networks: networks(options.metricsFor ?? ['127.0.0.0/8', '::1']),
    collectMetrics: async () => 'provost_up 1\n',
    describe: () => ({ spool: 3 }),
    now: () => Date.parse('2026-11-20T09:00:07Z'),
  });
  const server = createFileHttpServer({ ...worker.hooks, pages, limits: options.limits });
  const { port } = await server.listen({ port: 0 });
  closers.push(() => server.close(0));
  return { worker, server, port };
}

describe('a phone that reads its file', () => {
  test.each(['127.0.0.1', '::1'])('from %s gets it with length, type and a strong ETag', async (host) => {
    const { port, worker } = await startServer();
    const response = await request({ port, host }, `/d/${TOKEN}/${MAC}.cfg`, {
      headers: { 'User-Agent': 'Flyingvoice FIP14G V0.7.11' },
    });
    expect(response.status).toBe(200);
    expect(response.body.toString()).toBe('account.1.password = secret\n');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-length': '28',
      'content-type': 'text/plain; charset=utf-8',
      etag: CFG.etag,
      'cache-control': 'private, no-cache',
      connection: 'close',
    });
    expect([...response.headers.keys()]).not.toContain('server');
    expect([...response.headers.keys()]).not.toContain('transfer-encoding');
    const [fact] = await worker.untilFacts(1);
    expect(fact).toMatchObject({
      kind: 'download',
      status: 200,
      completed: true,
      bytes: 28,
      address: host,
      userAgent: 'Flyingvoice FIP14G V0.7.11',
      path: `/d/****/${MAC}.cfg`,
    });
    expect(worker.replica.view.findDeviceByAddress(host)?.id).toBe(PHONE.id);
  });

  test('asks whether it changed and gets 304 without a body', async () => {
    const { port, worker } = await startServer();
    const response = await request({ port }, `/${MAC}.cfg`, {
      headers: { 'If-None-Match': `W/${CFG.etag}` },
    });
    expect([response.status, response.body.length, response.headers.get('etag')]).toEqual([304, 0, CFG.etag]);
    expect(await worker.untilFacts(1)).toMatchObject([{ status: 304, bytes: 0, completed: true }]);
  });

  test('with HEAD gets the head alone', async () => {
    const { port } = await startServer();
    const response = await request({ port }, `/${MAC}.cfg`, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length'), response.body.length]).toEqual([
      200,
      '28',
      0,
    ]);
  });

  test('with a Range gets the whole file', async () => {
    const { port } = await startServer();
    const response = await request({ port }, `/${MAC}.cfg`, { headers: { Range: 'bytes=5-9' } });
    expect([response.status, response.body.length]).toEqual([200, 28]);
  });

  test('with HTTP/1.0 and no Host gets it, and the connection ends', async () => {
    const { port } = await startServer();
    const response = await exchange({ port }, `GET /${MAC}.cfg HTTP/1.0\r\n\r\n`);
    expect([response.status, response.body.length]).toEqual([200, 28]);
    expect(response.headers.get('connection')).toBe('close');
  });

  test('with HTTP/1.1 and no Host gets it', async () => {
    const { port } = await startServer();
    const response = await exchange({ port }, `GET /${MAC}.cfg HTTP/1.1\r\nConnection: close\r\n\r\n`);
    expect(response.status).toBe(200);
  });

  test('with HTTP/1.0 and keep-alive may ask again on the same connection', async () => {
    const { port } = await startServer();
    const ask = `GET /${MAC}.cfg HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`;
    const response = await exchange({ port }, `${ask}GET /${MAC}.boot HTTP/1.0\r\n\r\n`);
    expect(response.raw.toString().match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  });

  test('gets a file of many megabytes whole', async () => {
    const { port, worker } = await startServer();
    const response = await request({ port }, `/d/${TOKEN}/big.bin`);
    expect([response.status, response.body.length]).toEqual([200, BIG.bytes]);
    expect(await worker.untilFacts(1)).toMatchObject([{ completed: true, bytes: BIG.bytes }]);
  });

  test('and breaks off is told as such', async () => {
    const { port, worker } = await startServer();
    const socket = await openRaw({ port });
    socket.write(`GET /d/${TOKEN}/big.bin HTTP/1.1\r\n\r\n`);
    await once(socket, 'data');
    socket.destroy();
    expect(await worker.untilFacts(1)).toMatchObject([{ kind: 'download', completed: false, bytes: 0 }]);
  });
});

describe('paths as phones and attackers send them', () => {
  const known = new Set(paths.cases.map((each) => each.expected.mac).filter((mac) => mac !== null));
  const devices = [...known].map((mac) => servedDevice(mac));

  test.each(paths.cases)('$id: $request.method $request.target', async ({ request: asked, expected }) => {
    const { port } = await startServer({ devices });
    const response = await exchange(
      { port },
      `${asked.method} ${asked.target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    if ('status' in expected) expect(response.status).toBe(expected.status);
    if ('statusAnyOf' in expected) expect(expected.statusAnyOf).toContain(response.status);
    if ('bodyBytes' in expected) expect(response.body.length).toBe(expected.bodyBytes);
    const asksForMain = asked.target.replace(/-/g, '').toLowerCase().endsWith(`/${expected.mac}.cfg`);
    if (asksForMain && asked.method === 'GET') expect(response.body.toString()).toContain(expected.mac);
    if (expected.kind === 'device-default') expect(response.status).toBe(404);
  });

  test.each([
    '/d%2f..%2f0021f222b01d.cfg',
    '/%00',
    `/${MAC}.cfg%00.txt`,
    `/..%c0%af..%c0%af${MAC}.cfg`,
    `/%2e%2e/${MAC}.cfg`,
    '/..%5c..%5cwin.ini',
    `//////../${MAC}.cfg`,
    `/${'a/'.repeat(2_000)}`,
    'file:///etc/passwd',
    '*',
  ])('%s leads nowhere', async (target) => {
    const { port } = await startServer();
    const response = await exchange({ port }, `GET ${target} HTTP/1.1\r\nConnection: close\r\n\r\n`);
    expect([400, 404]).toContain(response.status);
    expect(response.body.toString()).not.toContain('secret');
  });
});

describe('what is no reading', () => {
  test.each(['PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])('%s is 405', async (method) => {
    const { port, worker } = await startServer();
    const whole = await exchange(
      { port },
      `${method} /${MAC}.cfg HTTP/1.1\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello`,
    );
    expect([whole.status, whole.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await worker.untilFacts(1)).toMatchObject([{ kind: 'refused', reasonCode: 'method' }]);
  });

  test('an upload that waits for "100 Continue" is refused without it', async () => {
    const { port } = await startServer();
    const response = await exchange(
      { port },
      `PUT /${MAC}-app.log HTTP/1.1\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n`,
    );
    expect(response.statusLine).toBe('HTTP/1.1 405 Method Not Allowed');
  });

  test.each(['NONSENSE\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'])(
    'bytes that are no HTTP get one short answer: %j',
    async (bytes) => {
      const { port } = await startServer();
      const response = await exchange({ port }, bytes);
      expect(response.raw.toString()).toBe(
        'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      );
    },
  );

  test('both lengths in one request are refused', async () => {
    const { port } = await startServer();
    const smuggled =
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n';
    expect((await exchange({ port }, `POST / HTTP/1.1\r\n${smuggled}`)).status).toBe(400);
  });
});

describe('refusals', () => {
  test('look alike, whatever the reason', async () => {
    const { port, worker } = await startServer({
      devices: [PHONE, servedDevice('0021f2000001', { state: 'discovered' })],
    });
    const proxied = { headers: { 'X-Forwarded-For': '192.0.2.1' } };
    const answers = await Promise.all([
      request({ port }, '/0021f2000009.cfg'),
      request({ port }, '/0021f2000001.cfg'),
      request({ port }, `/d/${TOKEN}x/${MAC}.cfg`),
      request({ port }, '/s/nowhere/x.cfg'),
      request({ port }, '/../../etc/passwd'),
      request({ port }, '/metrics', proxied),
      request({ port }, `/${MAC}.cfg`, proxied),
      request({ port }, '/y000000000000.cfg', proxied),
    ]);
    const texts = answers.map((answer) => answer.raw.toString().replace(/^Date: .*\r\n/m, ''));
    expect(new Set(texts)).toEqual(
      new Set([
        'HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 10\r\n' +
          'Connection: close\r\n\r\nNot found\n',
      ]),
    );
    const reasons = (await worker.untilFacts(8)).map((fact) => fact.reasonCode);
    expect(new Set(reasons)).toEqual(
      new Set([
        'unknown-device',
        'discovered',
        'unknown-token',
        'unknown-code',
        'bad-path',
        'untrusted-forwarder',
        'ambiguous-common-file',
        'no-such-file',
      ]),
    );
  });
});

describe('status pages', () => {
  test('health, readiness and metrics for the metrics networks', async () => {
    const { port } = await startServer();
    expect((await request({ port }, '/healthz')).body.toString()).toBe('{"status":"ok"}\n');
    expect((await request({ port, host: '::1' }, '/metrics')).body.toString()).toBe('provost_up 1\n');
    const ready = await request({ port }, '/readyz');
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.body.toString())).toEqual({
      mode: 'live',
      reason: null,
      followedAt: '2026-11-20T09:00:00.000Z',
      snapshotAgeSec: 7,
      devices: 1,
      spool: 3,
    });
  });

  test('a worker without a snapshot is not ready, one without a database is', async () => {
    const empty = await startServer({ status: { mode: 'empty', followedAt: null } });
    expect((await request({ port: empty.port }, '/readyz')).status).toBe(503);
    const degraded = await startServer({ status: { mode: 'degraded', reason: 'no database' } });
    expect((await request({ port: degraded.port }, '/readyz')).status).toBe(200);
  });

  test('nobody else sees them', async () => {
    const { port } = await startServer({ metricsFor: ['10.0.0.0/8'] });
    for (const path of ['/healthz', '/readyz', '/metrics'])
      expect((await request({ port }, path)).status).toBe(404);
  });
});

describe('clients that hold connections', () => {
  test('one that never reads is closed, while others are served', async () => {
    const { port, worker } = await startServer({ limits: { stallMs: 1_000 } });
    const deaf = await openRaw({ port });
    deaf.pause();
    deaf.write(`GET /d/${TOKEN}/big.bin HTTP/1.1\r\n\r\n`);
    expect((await request({ port }, `/d/${TOKEN}/big.bin`)).body.length).toBe(BIG.bytes);
    const facts = await worker.untilFacts(2);
    expect(facts.map((fact) => fact.completed).sort()).toEqual([false, true]);
    deaf.destroy();
  });

  test('one that sends its headers too slowly is closed', async () => {
    const { port } = await startServer({ limits: { headersMs: 500, requestMs: 500 } });
    const slow = await openRaw({ port });
    slow.write('GET / HTTP/1.1\r\nX-Slow');
    expect((await readToEnd(slow)).toString()).toContain('400 Bad Request');
  });

  test('more than allowed for one address are closed as they come', async () => {
    const { port, server } = await startServer({ limits: { perSource: 3 } });
    const sockets = [];
    for (let count = 0; count < 3; count += 1) sockets.push(await openRaw({ port }));
    expect((await readToEnd(await openRaw({ port }))).length).toBe(0);
    expect((await request({ port, from: '127.0.0.2' }, `/${MAC}.cfg`)).status).toBe(200);
    expect(server.connections).toBeLessThanOrEqual(4);
    for (const socket of sockets) socket.destroy();
  });

  test('of those that hang, the oldest above the limit are closed', async () => {
    const { port } = await startServer({
      limits: { hangingPerSource: 1, idleMs: 60_000, headersMs: 20_000 },
    });
    const [oldest, newest] = [await openRaw({ port }), await openRaw({ port })];
    await once(oldest, 'close');
    newest.write(`GET /${MAC}.cfg HTTP/1.0\r\n\r\n`);
    expect((await readToEnd(newest)).toString()).toContain('secret');
  });
});

describe('closing', () => {
  test('lets a download end and takes no more', async () => {
    const { port, server } = await startServer();
    const reader = await openRaw({ port });
    reader.write(`GET /d/${TOKEN}/big.bin HTTP/1.1\r\n\r\n`);
    await once(reader, 'readable');
    const closed = server.close(60_000);
    await expect(openRaw({ port })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect((await readToEnd(reader)).length).toBeGreaterThan(BIG.bytes);
    await closed;
  });

  test('ends what takes longer than the grace', async () => {
    const { port, server, worker } = await startServer();
    const deaf = await openRaw({ port });
    deaf.pause();
    deaf.write(`GET /d/${TOKEN}/big.bin HTTP/1.1\r\n\r\n`);
    // Behind it on another connection: by its answer the first request has been taken up.
    await request({ port }, `/${MAC}.cfg`);
    await server.close(10);
    expect((await worker.untilFacts(2)).some((fact) => !fact.completed)).toBe(true);
    deaf.destroy();
  });

  test('a port in use is reported', async () => {
    const { port, worker } = await startServer();
    const second = createFileHttpServer({ ...worker.hooks, pages: null });
    await expect(second.listen({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
