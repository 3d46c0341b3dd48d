import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import type { Fetched } from './phone-kind.ts';
import { readTftp } from './tftp-client.ts';

export interface DownloadOptions {
  readonly userAgent: string;
  readonly timeoutMs: number;
}

/** One request as the phone made it. */
export interface Download {
  readonly url: string;
  /** `GET` or `RRQ`. */
  readonly method: string;
  /** `200`, `404`, `not found`, or what went wrong. */
  readonly status: string;
  readonly bytes: number;
  readonly durationMs: number;
  readonly fetched: Fetched;
}

/** Fetches one file over http, https or tftp, by the scheme of its URL. Never throws. */
export async function download(url: string, options: DownloadOptions): Promise<Download> {
  const startedAt = performance.now();
  const parsed = URL.parse(url);
  const isTftp = parsed?.protocol === 'tftp:';
  const { status, body } = await fetchBody(parsed, options);
  return {
    url,
    method: isTftp ? 'RRQ' : 'GET',
    status,
    bytes: body?.length ?? 0,
    durationMs: performance.now() - startedAt,
    fetched: toFetched(status, body),
  };
}

interface Received {
  readonly status: string;
  readonly body: Buffer | null;
}

function toFetched(status: string, body: Buffer | null): Fetched {
  if (body !== null) return { kind: 'found', text: body.toString('utf8') };
  if (status === '404' || status === 'not found') return { kind: 'not-found' };
  return { kind: 'failed', reason: status };
}

function fetchBody(url: URL | null, options: DownloadOptions): Promise<Received> {
  if (url?.protocol === 'tftp:') return fetchTftp(url);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return fetchWeb(url, options);
  return Promise.resolve({ status: `${url?.protocol ?? 'this URL'} is not supported`, body: null });
}

async function fetchTftp(url: URL): Promise<Received> {
  const file = Buffer.from(decodeURIComponent(url.pathname.replace(/^\/+/, ''))).toString('latin1');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const outcome = await readTftp({ host, port: Number(url.port || 69), file });
  if (outcome.kind === 'found') return { status: 'received', body: outcome.body };
  return { status: outcome.kind === 'not-found' ? 'not found' : outcome.reason, body: null };
}

/** A phone out of its box has no private authority to trust, and nobody to ask: it takes any certificate. */
function fetchWeb(url: URL, { userAgent, timeoutMs }: DownloadOptions): Promise<Received> {
  const get = url.protocol === 'https:' ? getHttps : getHttp;
  const headers = { 'User-Agent': userAgent, Accept: '*/*', Connection: 'close' };
  return new Promise((resolve) => {
    const fail = (error: Error): void => resolve({ status: describeError(error), body: null });
    const signal = AbortSignal.timeout(timeoutMs);
    const request = get(url, { headers, signal, rejectUnauthorized: false }, (response) => {
      readBody(response).then(resolve, fail);
    });
    request.on('error', fail);
  });
}

async function readBody(response: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const status = String(response.statusCode ?? 0);
  return { status, body: status === '200' ? Buffer.concat(chunks) : null };
}

function describeError(error: Error): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'no answer in time';
  return 'code' in error ? String(error.code) : error.message;
}
