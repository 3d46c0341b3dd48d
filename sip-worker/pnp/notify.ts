import { fail, type Result } from '../../lib/domain/result.ts';
import { type OutgoingMessage, serialiseMessage } from '../sip/message.ts';
import { formatHostPort } from '../sip/uri.ts';
import { stampVia } from '../sip/via.ts';
import type { PnpRequest } from './subscription.ts';

/** What the server adds of its own: the address that the phone reaches it at, and the tag of its side of the dialog. */
export interface OwnSide {
  readonly address: string;
  readonly port: number;
  readonly toTag: string;
}

const NO_BODY = new Uint8Array(0);

function field(name: string, value: string): OutgoingMessage['headers'][number] {
  return { name, value };
}

/** The 200 to a SUBSCRIBE (RFC 3261 8.2.6, RFC 6665 4.2.1.1): copies byte for byte but for Via stamp and To tag; a single fetch. */
export function buildOk(request: PnpRequest, own: OwnSide): Result<Uint8Array, 'unsafe-text'> {
  const { headers } = request;
  const hasTag = headers.toAddress.parameters.has('tag');
  const vias = [stampVia(headers.topVia, request.source), ...headers.viaLines.slice(1)];
  const fields = vias.map((line) => field('Via', line));
  fields.push(
    field('From', headers.from),
    field('To', hasTag ? headers.to : `${headers.to};tag=${own.toTag}`),
    field('Call-ID', headers.callId),
    field('CSeq', headers.cseq),
    field('Contact', `<sip:${formatHostPort(own.address, own.port)}>`),
    field('Expires', '0'),
    field('Content-Length', '0'),
  );
  return serialiseMessage({ kind: 'response', status: 200, phrase: 'OK', headers: fields, body: NO_BODY });
}

/**
 * The NOTIFY that carries the provisioning URL (RFC 6665 4.2.2): in the dialog of the SUBSCRIBE, From and To swapped with
 * their tags, the Event value copied, the subscription ended at once. The body is the URL without a line end.
 * Fails with `url` when the URL is not one a phone can take, see `checkUrl`.
 */
export function buildNotify(
  request: PnpRequest,
  own: OwnSide,
  { branch, url }: { readonly branch: string; readonly url: string },
): Result<Uint8Array, 'unsafe-text' | 'url'> {
  if (!checkUrl(url)) return fail('url');
  const { headers } = request;
  const hostPort = formatHostPort(own.address, own.port);
  const tag = headers.toAddress.parameters.get('tag') ?? own.toTag;
  const body = Buffer.from(url, 'latin1');
  return serialiseMessage({
    kind: 'request',
    method: 'NOTIFY',
    uri: request.notify.requestUri,
    headers: [
      field('Via', `SIP/2.0/UDP ${hostPort};branch=${branch};rport`),
      field('Max-Forwards', '70'),
      field('From', `<${headers.toAddress.uri}>;tag=${tag}`),
      field('To', headers.from),
      field('Call-ID', headers.callId),
      field('CSeq', '1 NOTIFY'),
      field('Contact', `<sip:${hostPort}>`),
      field('Event', request.eventText),
      field('Subscription-State', 'terminated;reason=timeout'),
      field('Content-Type', 'application/url'),
      field('Content-Length', String(body.length)),
    ],
    body,
  });
}

const LONGEST_URL = 384;
const URL_FORM = /^(?:https?|tftp|ftps?):\/\/[!#-;=?-~]+$/i;

/** One line of printable ASCII without blanks, quotes or angle brackets, of a scheme phones know, 384 characters at most. */
export function checkUrl(url: string): boolean {
  return url.length <= LONGEST_URL && URL_FORM.test(url);
}
