import { subscribe } from 'node:diagnostics_channel';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isInNetworks, type Network } from '#lib/system/network.ts';
import { decodeSegment } from './path-segment.ts';

/** Headers that frameworks and proxies use among themselves. From anybody else they are attempts. */
const INTERNAL = /^(x-middleware-|x-nextjs-|x-invoke-|x-matched-path$|x-now-route-matches$)/;
const FORWARDED = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'forwarded',
];

/** The Fetch standard knows no request with TRACE, so that the framework fails; what it merely does not know it refuses. */
const UNKNOWN_METHOD = 'PROPFIND';

/**
 * Cleans every request of this process before anything reads it. After that `x-forwarded-for` holds one address, the
 * client's, the other forwarding headers are there only if a trusted proxy wrote them, and the path can be decoded.
 */
export function cleanRequests(trustedProxies: readonly Network[]): void {
  subscribe('http.server.request.start', (message) => {
    const { request } = message as { readonly request: IncomingMessage };
    request.url = cleanUrl(request.url ?? '/');
    if (request.method === 'TRACE') request.method = UNKNOWN_METHOD;
    cleanHeaders(request.headers, {
      peer: request.socket.remoteAddress ?? '',
      trustedProxies,
    });
  });
}

/**
 * Percent signs that escape nothing, or no UTF-8, stand for themselves; the framework fails over them. NUL, which no
 * text in the database can hold, becomes the replacement character.
 */
export function cleanUrl(url: string): string {
  const withoutNul = pathOf(url).replaceAll('%00', '%EF%BF%BD');
  const end = withoutNul.search(/[?#]|$/);
  const path = withoutNul
    .slice(0, end)
    .replace(/%(?![0-9a-f]{2})/gi, '%25')
    .replace(/(?:%[0-9a-f]{2})+/gi, (run) => (decodeSegment(run) === run ? run.replaceAll('%', '%25') : run));
  return path + withoutNul.slice(end);
}

/** What asks a proxy names a host too (RFC 9112 section 3.2.2); the framework would send the client there. */
function pathOf(url: string): string {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}

interface Door {
  /** The address at the other end of the connection. */
  readonly peer: string;
  readonly trustedProxies: readonly Network[];
}

export function cleanHeaders(headers: IncomingHttpHeaders, { peer, trustedProxies }: Door): void {
  const client = clientAddress(headers['x-forwarded-for'], {
    peer,
    trustedProxies,
  });
  for (const name of Object.keys(headers)) if (INTERNAL.test(name)) delete headers[name];
  if (!isInNetworks(peer, trustedProxies)) for (const name of FORWARDED) delete headers[name];
  headers['x-forwarded-for'] = client;
}

/** Read from the right: the first address that is not a trusted proxy's. */
function clientAddress(forwarded: string | string[] | undefined, { peer, trustedProxies }: Door): string {
  const chain = [...String(forwarded ?? '').split(','), peer].map((part) => part.trim()).filter(Boolean);
  return chain.findLast((address) => !isInNetworks(address, trustedProxies)) ?? peer;
}
