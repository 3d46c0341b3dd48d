import { accept, refuse, type SipResult } from './result.ts';

/**
 * SIP messages of RFC 3261 section 7, read from and written to one datagram.
 *
 *   start line CRLF
 *   Name: value CRLF        any number; a line that starts with a blank continues the one above
 *   CRLF
 *   body                    Content-Length bytes, else the rest of the datagram
 *
 * Header text is held as one character per byte, so that a value is echoed byte for byte whatever its charset is.
 */
export interface SipHeader {
  /** Lower case and never a compact form: `call-id` for `i`. */
  readonly key: string;
  /** As written. */
  readonly name: string;
  /** Trimmed; folded lines joined by one blank. */
  readonly value: string;
}

export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly SipHeader[];
  readonly body: Uint8Array;
}

export interface SipResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly phrase: string;
  readonly headers: readonly SipHeader[];
  readonly body: Uint8Array;
}

export type SipMessage = SipRequest | SipResponse;

export type ParseRefusal =
  | 'too-large'
  | 'empty'
  | 'truncated'
  | 'control-character'
  | 'start-line'
  | 'version'
  | 'header'
  | 'too-many-headers'
  | 'content-length';

const LONGEST_MESSAGE = 16_384;
const MOST_HEADERS = 100;
const NO_BODY = new Uint8Array(0);

/** Reads one datagram in time linear to its size. Never throws; bytes behind the declared body are ignored. */
export function parseMessage(bytes: Uint8Array): SipResult<SipMessage, ParseRefusal> {
  if (bytes.length > LONGEST_MESSAGE) return refuse('too-large');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const start = skipEmptyLines(text);
  if (start === text.length) return refuse('empty');
  const lines = readLines(text, start);
  if (!lines.ok) return lines;
  const headers = readHeaders(lines.value.lines);
  if (!headers.ok) return headers;
  const body = readBody(bytes, lines.value.bodyStart, headers.value);
  if (!body.ok) return body;
  return readStartLine(lines.value.lines[0] ?? '', headers.value, body.value);
}

/** RFC 3261 7.5: line ends before the start line are ignored. */
function skipEmptyLines(text: string): number {
  let at = 0;
  while (at < text.length && (text.charCodeAt(at) === CR || text.charCodeAt(at) === LF)) at += 1;
  return at;
}

const TAB = 9;
const LF = 10;
const CR = 13;
const DELETE = 127;
const FIRST_PRINTABLE = 32;

interface Head {
  readonly lines: readonly string[];
  readonly bodyStart: number;
}

/** The lines up to the empty one, folded lines joined. A lone LF ends a line as some phones send it; a lone CR does not. */
function readLines(text: string, start: number): SipResult<Head, ParseRefusal> {
  const lines: string[] = [];
  let at = start;
  while (true) {
    const newline = text.indexOf('\n', at);
    if (newline < 0) return refuse('truncated');
    const end = text.charCodeAt(newline - 1) === CR && newline > at ? newline - 1 : newline;
    if (end === at) return accept({ lines, bodyStart: newline + 1 });
    if (hasControl(text, at, end)) return refuse('control-character');
    const isFolded = text.charCodeAt(at) === FIRST_PRINTABLE || text.charCodeAt(at) === TAB;
    if (!isFolded) lines.push(text.slice(at, end));
    else if (lines.length < 2) return refuse('header');
    else lines.push(`${lines.pop()} ${text.slice(at, end).trim()}`);
    if (lines.length > MOST_HEADERS + 1) return refuse('too-many-headers');
    at = newline + 1;
  }
}

function hasControl(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if ((code < FIRST_PRINTABLE && code !== TAB) || code === DELETE) return true;
  }
  return false;
}

const TOKEN = /^[\w\-.!%*+`'~]+$/;
const COMPACT_NAMES: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  c: 'content-type',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
};

function readHeaders(lines: readonly string[]): SipResult<readonly SipHeader[], ParseRefusal> {
  const headers: SipHeader[] = [];
  for (let index = 1; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trimEnd();
    if (!TOKEN.test(name)) return refuse('header', line.slice(0, 32));
    headers.push(makeHeader(name, line.slice(colon + 1).trim()));
  }
  return accept(headers);
}

export function makeHeader(name: string, value: string): SipHeader {
  const lower = name.toLowerCase();
  return { key: (lower.length === 1 ? COMPACT_NAMES[lower] : undefined) ?? lower, name, value };
}

/** RFC 3261 18.3: a datagram may be longer than its message, never shorter. */
function readBody(
  bytes: Uint8Array,
  start: number,
  headers: readonly SipHeader[],
): SipResult<Uint8Array, ParseRefusal> {
  const declared = headers.filter((header) => header.key === 'content-length');
  const first = declared[0];
  if (!first) return accept(start === bytes.length ? NO_BODY : bytes.subarray(start));
  if (!/^\d{1,7}$/.test(first.value) || declared.some((other) => other.value !== first.value))
    return refuse('content-length');
  const end = start + Number(first.value);
  if (end > bytes.length) return refuse('truncated', 'content-length');
  return accept(end === start ? NO_BODY : bytes.subarray(start, end));
}

const REQUEST_LINE = /^([\w\-.!%*+`'~]+) (\S+) (SIP\/\d+\.\d+)$/i;
const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i;

function readStartLine(
  line: string,
  headers: readonly SipHeader[],
  body: Uint8Array,
): SipResult<SipMessage, ParseRefusal> {
  const status = STATUS_LINE.exec(line);
  if (status)
    return accept({ kind: 'response', status: Number(status[1]), phrase: status[2] ?? '', headers, body });
  const request = REQUEST_LINE.exec(line);
  if (!request) return refuse('start-line');
  if (request[3]?.toUpperCase() !== 'SIP/2.0') return refuse('version');
  return accept({ kind: 'request', method: request[1] ?? '', uri: request[2] ?? '', headers, body });
}

/** The value of the first header with this key (`call-id`), null when there is none. */
export function headerValue(message: SipMessage, key: string): string | null {
  for (const header of message.headers) if (header.key === key) return header.value;
  return null;
}

/** The values of all headers with this key, in order, one per header line. */
export function headerValues(message: SipMessage, key: string): string[] {
  const values: string[] = [];
  for (const header of message.headers) if (header.key === key) values.push(header.value);
  return values;
}

/** Text of a header as people read it: the bytes behind the characters, decoded as UTF-8 (RFC 3261 7.3.1). */
export function readUtf8(value: string): string {
  for (let at = 0; at < value.length; at += 1)
    if (value.charCodeAt(at) > DELETE) return Buffer.from(value, 'latin1').toString('utf8');
  return value;
}

type Unkeyed<T extends SipMessage> = Omit<T, 'headers'> & {
  readonly headers: readonly Pick<SipHeader, 'name' | 'value'>[];
};

/** A message to be written: its headers need no key. */
export type OutgoingMessage = Unkeyed<SipRequest> | Unkeyed<SipResponse>;

/**
 * Writes a message; the caller has set Content-Length where it wants one. Fails with `unsafe-text` when a line would
 * carry a control character, so that nothing taken from the network can start a header of its own.
 */
export function serialiseMessage(message: OutgoingMessage): SipResult<Uint8Array, 'unsafe-text'> {
  const lines =
    message.kind === 'request'
      ? [`${message.method} ${message.uri} SIP/2.0`]
      : [`SIP/2.0 ${message.status} ${message.phrase}`];
  for (const header of message.headers) lines.push(`${header.name}: ${header.value}`);
  for (const line of lines)
    if (hasControl(line, 0, line.length)) return refuse('unsafe-text', line.slice(0, 32));
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return accept(message.body.length === 0 ? head : Buffer.concat([head, message.body]));
}
