import { identifyPhone, type PhoneIdentity, readUserAgent } from '../../lib/domain/fingerprint.ts';
import { findMacInText, findMacInUserPart, type Mac, parseMac } from '../../lib/domain/mac.ts';
import { fail, ok, type Result } from '../../lib/domain/result.ts';
import { type EventValue, parseEvent } from '../sip/event.ts';
import { headerValue, readUtf8, type SipMessage } from '../sip/message.ts';
import { parseNameAddress } from '../sip/name-address.ts';
import { type HeaderRefusal, readTransactionHeaders, type TransactionHeaders } from '../sip/request.ts';
import { transactionKey } from '../sip/server-transaction.ts';
import { formatHostPort, parseSipUri } from '../sip/uri.ts';
import type { Via } from '../sip/via.ts';

/** Where a datagram came from, as the kernel says. */
export interface PnpSource {
  readonly address: string;
  readonly port: number;
}

/** The parameters of `Event: ua-profile` as the phone wrote them, unquoted; null for those it left out. */
export interface ProfileEvent {
  readonly package: 'ua-profile';
  readonly profileType: string | null;
  readonly vendor: string | null;
  readonly model: string | null;
  readonly version: string | null;
}

export type MacSource = 'request-uri' | 'from' | 'to' | 'user-agent' | 'event';

/** A phone that asks for its provisioning URL, and where its answers go. */
export interface PnpRequest {
  readonly source: PnpSource;
  readonly mac: Mac | null;
  readonly macSource: MacSource | null;
  readonly event: ProfileEvent;
  readonly identity: PhoneIdentity;
  readonly userAgent: string | null;
  /** Target of the 200. */
  readonly reply: PnpSource;
  /** Target of the NOTIFY and the URI in its first line. */
  readonly notify: PnpSource & { readonly requestUri: string };
  /** What the answers copy. */
  readonly headers: TransactionHeaders;
  readonly eventText: string;
  /** Equal for repeats of the same request from the same source. */
  readonly transactionKey: string;
}

export type IgnoreReason =
  | HeaderRefusal
  | 'response'
  | 'method'
  | 'request-uri'
  | 'event-package'
  | 'profile-type';

/**
 * Reads a multicast SUBSCRIBE of the SIP PnP scheme. Anything else is ignored with a reason: other methods and
 * responses share the group (RFC 3261 10.2.6), and an answer to them would harm their senders.
 * Both targets are the source address; ports come from the message, never addresses (no reflection).
 */
export function readSubscription(message: SipMessage, source: PnpSource): Result<PnpRequest, IgnoreReason> {
  if (message.kind === 'response') return fail('response');
  if (message.method !== 'SUBSCRIBE') return fail('method');
  const eventText = headerValue(message, 'event') ?? '';
  const event = parseEvent(eventText);
  if (!event.ok || event.value.package !== 'ua-profile') return fail('event-package');
  const profile = readProfile(event.value);
  if (!ANSWERED_PROFILES.has(profile.profileType?.toLowerCase() ?? 'device')) return fail('profile-type');
  const headers = readTransactionHeaders(message);
  if (!headers.ok) return fail(headers.reason, headers.at);
  const uri = parseSipUri(message.uri);
  if (!uri.ok) return fail('request-uri', uri.reason);
  const userAgent = clip(headerValue(message, 'user-agent'));
  const found = findMac({
    requestUser: uri.value.user,
    headers: headers.value,
    userAgent,
    event: event.value,
  });
  return ok({
    source,
    mac: found.mac,
    macSource: found.macSource,
    event: profile,
    identity: identifyPhone({ event: profile, userAgent, mac: found.mac, uriHost: uri.value.host }),
    userAgent,
    reply: { address: source.address, port: replyPort(headers.value.topVia, source) },
    notify: notifyTarget(headerValue(message, 'contact'), source),
    headers: headers.value,
    eventText,
    transactionKey: transactionKey(message, headers.value, source.address),
  });
}

/** `application` is what AudioCodes calls its device profile; `user` would be a person's settings. */
const ANSWERED_PROFILES = new Set(['device', 'application']);

function readProfile(event: EventValue): ProfileEvent {
  const { parameters } = event;
  return {
    package: 'ua-profile',
    profileType: clip(parameters.get('profile-type') ?? null),
    // A public responder accepts the misspelling, so there must be phones that send it.
    vendor: clip(parameters.get('vendor') ?? parameters.get('vender') ?? null),
    model: clip(parameters.get('model') ?? null),
    version: clip(parameters.get('version') ?? null),
  };
}

const LONGEST_TEXT = 256;

/** A character that the cut goes through becomes the replacement character: half of one is no text. */
function clip(value: string | null): string | null {
  return value === null ? null : readUtf8(value).slice(0, LONGEST_TEXT).toWellFormed();
}

interface MacPlaces {
  readonly requestUser: string | null;
  readonly headers: TransactionHeaders;
  readonly userAgent: string | null;
  readonly event: EventValue;
}

type FoundMac =
  | { readonly mac: Mac; readonly macSource: MacSource }
  | { readonly mac: null; readonly macSource: null };

function findMac(places: MacPlaces): FoundMac {
  for (const [macSource, find] of MAC_FINDERS) {
    const mac = find(places);
    if (mac) return { mac, macSource };
  }
  return { mac: null, macSource: null };
}

const MAC_FINDERS: readonly (readonly [MacSource, (places: MacPlaces) => Mac | null])[] = [
  ['request-uri', (places) => macOfUser(places.requestUser)],
  ['from', (places) => macOfUri(places.headers.fromAddress.uri)],
  ['to', (places) => macOfUri(places.headers.toAddress.uri)],
  ['user-agent', (places) => macOfUserAgent(places.userAgent)],
  ['event', (places) => macOfEvent(places.event)],
];

function macOfUser(user: string | null): Mac | null {
  return user === null ? null : findMacInUserPart(user);
}

function macOfUri(text: string): Mac | null {
  const uri = parseSipUri(text);
  return uri.ok ? macOfUser(uri.value.user) : null;
}

/** A User-Agent of a known form says itself which of its digits are a MAC; some carry serial numbers that look like one. */
function macOfUserAgent(text: string | null): Mac | null {
  if (text === null) return null;
  const reading = readUserAgent(text);
  return reading ? reading.mac : findMacInText(text);
}

function macOfEvent(event: EventValue): Mac | null {
  const text = event.parameters.get('mac');
  const parsed = text === undefined ? null : parseMac(text);
  return parsed?.ok ? parsed.value : null;
}

const SIP_PORT = 5060;
const FIRST_UNPRIVILEGED_PORT = 1024;

/** RFC 3581 4 and RFC 3261 18.2.2, without `maddr`: no phone may direct an answer to the group or to a third party. */
function replyPort(via: Via, source: PnpSource): number {
  if (via.parameters.has('rport')) return source.port;
  const port = via.port ?? SIP_PORT;
  return port < FIRST_UNPRIVILEGED_PORT ? source.port : port;
}

function notifyTarget(contact: string | null, source: PnpSource): PnpRequest['notify'] {
  const address = contact === null ? null : parseNameAddress(contact);
  const uri = address?.ok ? parseSipUri(address.value.uri) : null;
  if (!address?.ok || !uri?.ok || uri.value.scheme !== 'sip')
    return { ...source, requestUri: `sip:${formatHostPort(source.address, source.port)}` };
  const port = uri.value.port ?? SIP_PORT;
  const isOwn = uri.value.host === source.address && port >= FIRST_UNPRIVILEGED_PORT;
  return { address: source.address, port: isOwn ? port : source.port, requestUri: address.value.uri };
}
