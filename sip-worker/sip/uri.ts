import { accept, refuse, type SipResult } from './result.ts';

/** A `sip:` or `sips:` URI (RFC 3261 19.1) in its raw spelling: nothing is decoded, so nothing can be decoded twice. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** Everything before the `@`, a password included; null without one. Phones put `MAC:0021f222b01d` here. */
  readonly user: string | null;
  /** Lower case; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number | null;
  /** What follows host and port: `;transport=udp;ob`, `?header=value`, or ''. */
  readonly tail: string;
}

const LONGEST_URI = 1024;
const SCHEME = /^(sips?):/i;
const SAFE_TEXT = /^[!#-;=?-~]+$/;
const HOST_AND_PORT = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[\w.-]{0,252}))(?::(\d{1,5}))?$/i;

/** Fails with `scheme` for other schemes and `uri` for what has blanks, brackets, non-ASCII text or no valid host. */
export function parseSipUri(text: string): SipResult<SipUri, 'scheme' | 'uri'> {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return refuse('scheme');
  if (text.length > LONGEST_URI || !SAFE_TEXT.test(text)) return refuse('uri');
  const at = text.indexOf('@');
  const hostStart = at < 0 ? scheme.length + 1 : at + 1;
  const tailStart = findTail(text, hostStart);
  const match = HOST_AND_PORT.exec(text.slice(hostStart, tailStart));
  const port = match?.[2] === undefined ? null : Number(match[2]);
  if (!match || port === 0 || (port !== null && port > 65_535)) return refuse('uri');
  return accept({
    scheme: scheme === 'sips' ? 'sips' : 'sip',
    user: at < 0 ? null : text.slice(scheme.length + 1, at),
    host: (match[1] ?? '').replace(/^\[|\]$/g, '').toLowerCase(),
    port,
    tail: text.slice(tailStart),
  });
}

function findTail(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) if (text[at] === ';' || text[at] === '?') return at;
  return text.length;
}

/** Host and port as they stand in a URI or Via: brackets round an IPv6 address. */
export function formatHostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
