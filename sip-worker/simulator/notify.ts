import {
  headerValue,
  headerValues,
  makeHeader,
  parseMessage,
  type SipMessage,
  type SipRequest,
} from '../sip/message.ts';
import { parseVia, stampVia } from '../sip/via.ts';

/** Reads a datagram as tolerant phones do: a declared length that is a line end too long is forgiven (an old Snom tool). */
export function readDatagram(bytes: Uint8Array): SipMessage | null {
  const strict = parseMessage(bytes);
  if (strict.ok) return strict.value;
  if (strict.reason !== 'truncated') return null;
  const padded = parseMessage(Buffer.concat([bytes, Buffer.from('\r\n')]));
  return padded.ok ? padded.value : null;
}

/**
 * The URL in a NOTIFY, null for anything else. Phones are known to take it without a Subscription-State, with From and
 * To unswapped, with any CSeq, and with blanks or a line end behind the URL; so the dialog is not checked.
 */
export function readNotifyUrl(message: SipMessage): string | null {
  if (message.kind !== 'request' || message.method !== 'NOTIFY') return null;
  if (!/^ua-profile\b/i.test(headerValue(message, 'event') ?? 'ua-profile')) return null;
  if (!/^application\/url\b/i.test(headerValue(message, 'content-type') ?? 'application/url')) return null;
  const url = Buffer.from(message.body).toString('latin1').trim();
  return /^[a-z]+:\/\/[\x21-\x7e]+$/i.test(url) ? url : null;
}

/** The phone's 200: every Via and Record-Route, From, To, Call-ID and CSeq as they came (RFC 3261 8.2.6). */
export function buildOk(
  request: SipRequest,
  source: { readonly address: string; readonly port: number },
): SipMessage {
  const [first = '', ...rest] = headerValues(request, 'via');
  const via = parseVia(first);
  const copied = ['Record-Route', 'From', 'To', 'Call-ID', 'CSeq'].flatMap((name) =>
    headerValues(request, name.toLowerCase()).map((value) => makeHeader(name, value)),
  );
  return {
    kind: 'response',
    status: 200,
    phrase: 'OK',
    headers: [
      makeHeader('Via', via.ok ? stampVia(via.value, source) : first),
      ...rest.map((value) => makeHeader('Via', value)),
      ...copied,
      makeHeader('Content-Length', '0'),
    ],
    body: new Uint8Array(0),
  };
}
