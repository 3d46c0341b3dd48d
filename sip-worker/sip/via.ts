import { findOutsideQuotes, type Parameters, readParameters } from './parameters.ts';
import { accept, refuse, type SipResult } from './result.ts';

/** The topmost Via of a message (RFC 3261 20.42). */
export interface Via {
  readonly transport: string;
  /** Lower case, an IPv6 address without brackets. May be a name; it is never resolved. */
  readonly host: string;
  readonly port: number | null;
  readonly parameters: Parameters;
  /** The first entry of the header line as written, and what follows it: nothing, or a comma and further entries. */
  readonly text: string;
  readonly rest: string;
}

const SENT_BY =
  /^SIP\s*\/\s*2\.0\s*\/\s*([\w-]+)[ \t]+(\[[0-9a-f:.]{2,45}\]|[\w.-]{1,253})[ \t]*(?::[ \t]*(\d{1,5}))?[ \t]*$/i;

/** Reads the first entry of a Via header line. */
export function parseVia(value: string): SipResult<Via, 'via'> {
  const end = findOutsideQuotes(value, ',');
  const text = value.slice(0, end);
  const semicolon = text.indexOf(';');
  const sentByEnd = semicolon < 0 ? text.length : semicolon;
  const sentBy = SENT_BY.exec(text.slice(0, sentByEnd));
  const port = sentBy?.[3] === undefined ? null : Number(sentBy[3]);
  const parameters = readParameters(text, sentByEnd);
  if (!sentBy || !parameters || port === 0 || (port !== null && port > 65_535)) return refuse('via');
  return accept({
    transport: (sentBy[1] ?? '').toUpperCase(),
    host: (sentBy[2] ?? '').replace(/^\[|\]$/g, '').toLowerCase(),
    port,
    parameters,
    text,
    rest: value.slice(end),
  });
}

/**
 * The header line as a response carries it: `rport` filled in and `received` added where the phone asked for `rport`
 * (RFC 3581 4), else `received` only when sent-by is not the source (RFC 3261 18.2.1). What the sender itself wrote
 * into these two is replaced; all other bytes stay.
 */
export function stampVia(via: Via, source: { readonly address: string; readonly port: number }): string {
  const asksPort = via.parameters.has('rport');
  const claimsReceived = via.parameters.has('received');
  const sameHost = via.host === source.address;
  if (!asksPort && !claimsReceived && sameHost) return via.text + via.rest;
  const kept = splitEntry(via.text)
    .filter((part) => parameterName(part) !== 'received')
    .map((part) => (parameterName(part) === 'rport' ? `rport=${source.port}` : part));
  if (asksPort || !sameHost) kept.push(`received=${source.address}`);
  return kept.join(';') + via.rest;
}

function splitEntry(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  while (start <= text.length) {
    const end = findOutsideQuotes(text, ';', start);
    parts.push(text.slice(start, end));
    start = end + 1;
  }
  return parts;
}

function parameterName(part: string): string {
  const equals = part.indexOf('=');
  return (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
}
