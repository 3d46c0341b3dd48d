/** HTTP as bytes: what old phones and hostile clients send cannot be said with a client library. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawResponse {
  readonly status: number;
  readonly statusLine: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Everything, as it came. */
  readonly raw: Buffer;
}

export interface RawTarget {
  readonly port: number;
  readonly host?: string;
  readonly from?: string;
}

/** Sends the text and reads until the server closes. */
export async function exchange(target: RawTarget, text: string): Promise<RawResponse> {
  const socket = await openRaw(target);
  socket.write(text, 'latin1');
  return parse(await readToEnd(socket));
}

/** One request on a connection of its own. */
export async function request(
  target: RawTarget,
  path: string,
  more: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<RawResponse> {
  const headers = Object.entries({ Host: 'provost', Connection: 'close', ...more.headers });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return exchange(target, `${more.method ?? 'GET'} ${path} HTTP/1.1\r\n${lines}\r\n`);
}

export async function openRaw({ port, host = '127.0.0.1', from }: RawTarget): Promise<Socket> {
  const socket = connect({ port, host, localAddress: from });
  await once(socket, 'connect');
  return socket;
}

export async function readToEnd(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise<void>((resolve, reject) => {
    socket.on('close', () => resolve());
    socket.on('error', (cause) => (chunks.length > 0 ? resolve() : reject(cause)));
  });
  return Buffer.concat(chunks);
}

function parse(raw: Buffer): RawResponse {
  const end = raw.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = raw.toString('latin1', 0, Math.max(0, end)).split('\r\n');
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return {
    status: Number(statusLine.split(' ')[1]),
    statusLine,
    headers,
    body: raw.subarray(end + 4),
    raw,
  };
}
