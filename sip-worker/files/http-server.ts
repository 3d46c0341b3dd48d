import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  type AddressInfo,
  createServer as createSocketServer,
  type ListenOptions,
  type Server,
  type Socket,
} from 'node:net';
import { plainAddress } from './client-address.ts';
import { createFact, type FileFact } from './fact.ts';
import type { FileAnswer, FileHandler, FileRequest } from './handler.ts';
import { type ConnectionLimits, createConnections } from './http-connections.ts';
import type { StatusPage, StatusPages } from './status-pages.ts';

export interface HttpLimits extends ConnectionLimits {
  readonly connections: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly idleMs: number;
}

const DEFAULT_LIMITS: HttpLimits = {
  connections: 8_192,
  perSource: 1_024,
  hangingPerSource: 32,
  stallMs: 20_000,
  leastBytesPerSec: 1_024,
  headersMs: 10_000,
  requestMs: 20_000,
  idleMs: 5_000,
};

export interface FileHttpServerOptions {
  readonly handler: FileHandler;
  /** Called once for each answer, after its last byte or when the phone broke off. */
  readonly observe: (fact: FileFact) => void;
  readonly noteAddress: (address: string, deviceId: string) => void;
  readonly pages: StatusPages | null;
  readonly log: { warn(fields: object, message: string): void };
  readonly limits?: Partial<HttpLimits>;
}

export interface FileHttpServer {
  /** On IPv4 and, where the machine has it, IPv6, unless `host` names one address. Rejects with EADDRINUSE, EACCES. */
  listen(options: { readonly port: number; readonly host?: string }): Promise<{ readonly port: number }>;
  /** Takes no more connections; downloads may end within `graceMs`. */
  close(graceMs: number): Promise<void>;
  readonly connections: number;
}

const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);
const BACKLOG = 1_024;
const NOT_FOUND = Buffer.from('Not found\n');
const NOT_FOUND_HEAD = plainHead(NOT_FOUND);
const NOT_ALLOWED = Buffer.from('Method not allowed\n');
const NOT_ALLOWED_HEAD = [...plainHead(NOT_ALLOWED), 'Allow', 'GET, HEAD', 'Connection', 'close'];
const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
const MOST_HEADER_BYTES = 8_192;
const MOST_HEADERS = 64;
/** What a phone may upload before it hears that it may not. */
const MOST_BODY_BYTES = 1 << 20;
/** Larger bodies go out in pieces, so that it shows how much of them the network takes. */
const PIECE_BYTES = 64 * 1024;

/**
 * Phone downloads over plain HTTP. Old phones speak HTTP/1.0, leave out Host, and do not understand chunks: every answer
 * has a length. Ranges are ignored, which RFC 9110 (14.2) allows, because a file may change between two of them.
 */
export function createFileHttpServer(options: FileHttpServerOptions): FileHttpServer {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { handler, pages, log } = options;
  const connections = createConnections(limits, performance.now.bind(performance));
  let isDraining = false;

  const server = createServer({
    requireHostHeader: false,
    maxHeaderSize: MOST_HEADER_BYTES,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: 1_000,
  });
  // Two sockets, because an IPv4 connection on an IPv6 socket costs a tenth more.
  const overIpv6 = createSocketServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    server.emit('connection', socket),
  );
  server.maxConnections = limits.connections;
  overIpv6.maxConnections = limits.connections;
  server.maxHeadersCount = MOST_HEADERS;
  // A client that takes no byte for so long is gone; Node closes silent senders by itself, never silent readers.
  server.timeout = limits.stallMs;
  server.on('connection', connections.admit);
  server.on('request', receive);
  // No "100 Continue": what is uploaded is refused anyway, and this client hears it before it sends.
  server.on('checkContinue', answer);
  server.on('clientError', refuseBytes);

  function receive(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET' || request.method === 'HEAD') answer(request, response);
    else discardBody(request, () => answer(request, response));
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    try {
      const peerAddress = plainAddress(request.socket.remoteAddress ?? '');
      const { method = '', url: target = '', headers } = request;
      const page = pages?.open(target, () => handler.identify(peerAddress, headers));
      if (page) void sendPage(response, page);
      else answerFile(response, { transport: 'http', method, target, peerAddress, headers });
    } catch (cause) {
      log.warn({ err: cause }, 'a request for a file failed');
      if (response.headersSent) response.destroy();
      else response.writeHead(404, NOT_FOUND_HEAD).end(NOT_FOUND);
    }
  }

  function answerFile(response: ServerResponse, asked: FileRequest): void {
    const startedAt = performance.now();
    const { socket } = response.req;
    const answered = handler.answer(asked);
    response.on('close', () => {
      connections.markAnswered(socket);
      if (isDraining) setImmediate(() => server.closeIdleConnections());
      report(asked, answered, { completed: response.writableFinished, startedAt });
    });
    send(response, answered);
  }

  function send(response: ServerResponse, answered: FileAnswer): void {
    if (isDraining) response.shouldKeepAlive = false;
    const { status, file, body } = answered;
    if (file && status === 304) response.writeHead(304, ['ETag', file.etag, 'Cache-Control', CACHING]).end();
    else if (file && body) sendFile(response, body, file);
    else if (status === 405) response.writeHead(405, NOT_ALLOWED_HEAD).end(NOT_ALLOWED);
    else response.writeHead(404, NOT_FOUND_HEAD).end(NOT_FOUND);
  }

  function sendFile(
    response: ServerResponse,
    body: Buffer,
    file: { readonly contentType: string; readonly etag: string },
  ): void {
    const head = ['Content-Type', file.contentType, 'Content-Length', `${body.length}`];
    response.writeHead(200, [...head, 'ETag', file.etag, 'Cache-Control', CACHING]);
    if (response.req.method === 'HEAD') {
      response.end();
      return;
    }
    if (body.length > PIECE_BYTES) {
      sendPieces(response, body);
      return;
    }
    response.end(body);
    if (response.writableLength > 0) connections.watchSending(response, () => 0);
  }

  function sendPieces(response: ServerResponse, body: Buffer): void {
    let sent = 0;
    connections.watchSending(response, () => sent);
    function sendMore(): void {
      while (sent < body.length) {
        const piece = body.subarray(sent, sent + PIECE_BYTES);
        sent += piece.length;
        if (!response.write(piece)) {
          response.once('drain', sendMore);
          return;
        }
      }
      response.end();
    }
    sendMore();
  }

  function report(
    asked: FileRequest,
    answered: FileAnswer,
    { completed, startedAt }: { readonly completed: boolean; readonly startedAt: number },
  ): void {
    const { device, source } = answered;
    const isServed = answered.file !== null && completed;
    const isOwnAddress = source.via === 'direct' || source.via === 'proxy';
    if (isServed && isOwnAddress && device && answered.isIdentified)
      options.noteAddress(source.address, device.id);
    const bytes = isServed && asked.method === 'GET' ? (answered.body?.length ?? 0) : 0;
    const durationMs = performance.now() - startedAt;
    options.observe(createFact(asked, answered, { completed, bytes, durationMs }));
  }

  async function sendPage(response: ServerResponse, open: () => Promise<StatusPage>): Promise<void> {
    try {
      const { status, contentType, body } = await open();
      const head = ['Content-Type', contentType, 'Content-Length', `${Buffer.byteLength(body)}`];
      response.writeHead(status, [...head, 'Cache-Control', 'no-store']).end(body);
    } catch (cause) {
      log.warn({ err: cause }, 'a status page failed');
      response.writeHead(500, ['Content-Length', '0']).end();
    }
  }

  return {
    async listen({ port, host }) {
      const bound = await listenAt(server, { port, host: host ?? '0.0.0.0', backlog: BACKLOG });
      if (host !== undefined) return { port: bound };
      try {
        await listenAt(overIpv6, { port: bound, host: '::', ipv6Only: true, backlog: BACKLOG });
      } catch (cause) {
        if (NO_IPV6.has(codeOf(cause))) return { port: bound };
        await closeServer(server);
        throw cause;
      }
      return { port: bound };
    },
    async close(graceMs) {
      isDraining = true;
      const closed = Promise.all([closeServer(server), closeServer(overIpv6)]);
      const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(deadline);
      connections.close();
    },
    get connections() {
      return connections.size;
    },
  };
}

async function listenAt(server: Server, options: ListenOptions): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(options, resolve);
  await promise;
  server.off('error', reject);
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: Server): Promise<void> {
  if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** A phone may keep its file and ask whether it changed; nothing between may keep one, since it can hold secrets. */
const CACHING = 'private, no-cache';

function plainHead(body: Buffer): string[] {
  return ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', `${body.length}`];
}

/** Reads an upload to its end, so that the phone hears the answer, unless it is too long for that. */
function discardBody(request: IncomingMessage, then: () => void): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) request.destroy();
  });
  request.on('end', then);
}

/** What is not HTTP gets one short answer, where there is still somebody to hear it. */
function refuseBytes(_cause: Error, socket: Socket): void {
  if (socket.writable && socket.bytesWritten === 0) socket.end(BAD_REQUEST);
  else socket.destroy();
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}
