import { describe, expect, it } from 'vitest';
import { findSubscribeCase, type SubscribeCase, subscribeCases } from '../../tests/support/pnp-vectors.ts';
import { headerValue, headerValues, parseMessage, type SipMessage } from '../sip/message.ts';
import { buildNotify, buildOk, checkUrl } from './notify.ts';
import { type PnpRequest, readSubscription } from './subscription.ts';

const OWN = { address: '192.168.10.1', port: 5060, toTag: 'a1b2c3d4' };
const URL = 'http://192.168.10.1:8080/s.xml?mac={mac}';
const NOTIFY_OPTIONS = { branch: 'z9hG4bK0011', url: URL };

describe('buildOk', () => {
  it('copies the request and adds only tag, Contact, Expires and the Via stamp', () => {
    expect(text(buildOk(request('snom-seed'), OWN))).toBe(
      [
        'SIP/2.0 200 OK',
        'Via: SIP/2.0/UDP 192.168.10.67:5060;rport=5060;received=192.168.10.67',
        'From: <sip:MAC%3a00135E874B49@intern.snom.de>;tag=658512961',
        'To: <sip:MAC%3a00135E874B49@intern.snom.de>;tag=a1b2c3d4',
        'Call-ID: 1930770594@192.168.10.67',
        'CSeq: 1 SUBSCRIBE',
        'Contact: <sip:192.168.10.1:5060>',
        'Expires: 0',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
  });

  it('echoes every Via line in order', () => {
    const vias = headerValues(parse(buildOk(request('tol-two-vias'), OWN)), 'via');
    expect(vias).toEqual([
      'SIP/2.0/UDP 192.168.60.10:5060;branch=z9hG4bKtop, SIP/2.0/UDP 10.9.9.9:5060;branch=z9hG4bKmid',
      'SIP/2.0/UDP 10.9.9.8:5060;branch=z9hG4bKlow',
    ]);
  });

  it('fills received and rport behind address translation', () => {
    const { expected } = findSubscribeCase('tol-rport-nat');
    const via = headerValue(parse(buildOk(request('tol-rport-nat'), OWN)), 'via');
    expect(via).toContain(`received=${expected.viaResponse?.received}`);
    expect(via).toContain(`rport=${expected.viaResponse?.rport}`);
  });

  it('adds no second tag', () => {
    const vector = findSubscribeCase('snom-seed');
    const raw = vector.raw.replace('To: <sip:MAC%3a00135E874B49@intern.snom.de>', '$&;tag=own');
    expect(headerValue(parse(buildOk(read({ ...vector, raw }), OWN)), 'to')).toMatch(/>;tag=own$/);
    expect(headerValue(parse(buildNotify(read({ ...vector, raw }), OWN, NOTIFY_OPTIONS)), 'from')).toMatch(
      />;tag=own$/,
    );
  });
});

describe('buildNotify', () => {
  it('stands in the dialog of the SUBSCRIBE and carries the URL without a line end', () => {
    expect(text(buildNotify(request('snom-seed'), OWN, NOTIFY_OPTIONS))).toBe(
      [
        'NOTIFY sip:192.168.10.67:5060 SIP/2.0',
        'Via: SIP/2.0/UDP 192.168.10.1:5060;branch=z9hG4bK0011;rport',
        'Max-Forwards: 70',
        'From: <sip:MAC%3a00135E874B49@intern.snom.de>;tag=a1b2c3d4',
        'To: <sip:MAC%3a00135E874B49@intern.snom.de>;tag=658512961',
        'Call-ID: 1930770594@192.168.10.67',
        'CSeq: 1 NOTIFY',
        'Contact: <sip:192.168.10.1:5060>',
        'Event: ua-profile;profile-type="device";vendor="OEM";model="OEM";version="7.1.19"',
        'Subscription-State: terminated;reason=timeout',
        'Content-Type: application/url',
        'Content-Length: 40',
        '',
        URL,
      ].join('\r\n'),
    );
  });

  it('has a To without tag when the phone gave none', () => {
    expect(headerValue(parse(buildNotify(request('planet-vip2140'), OWN, NOTIFY_OPTIONS)), 'to')).toBe(
      '<sip:MAC=00304f6b2a10@224.0.1.75>',
    );
  });

  it('writes IPv6 addresses in brackets', () => {
    const own = { ...OWN, address: '2001:db8:60::1' };
    expect(headerValue(parse(buildNotify(request('tol-ipv6'), own, NOTIFY_OPTIONS)), 'contact')).toBe(
      '<sip:[2001:db8:60::1]:5060>',
    );
  });

  it('copies UTF-8 of the phone byte for byte', () => {
    const notify = buildNotify(request('tol-utf8-model'), OWN, NOTIFY_OPTIONS);
    expect(notify.ok && Buffer.from(notify.value).toString('utf8')).toContain('model="T54W Büro"');
  });
});

describe('both answers to every answerable vector', () => {
  const answerable = subscribeCases.filter((vector) => vector.expected.outcome.startsWith('answer'));

  it.each(answerable)('$id parses again and stays within three times the request', (vector) => {
    const answers = [buildOk(read(vector), OWN), buildNotify(read(vector), OWN, NOTIFY_OPTIONS)];
    const bytesOut = answers.reduce((sum, answer) => sum + (answer.ok ? answer.value.length : Number.NaN), 0);
    for (const answer of answers) parse(answer);
    expect(bytesOut / Buffer.byteLength(vector.raw)).toBeLessThanOrEqual(3);
  });
});

describe('checkUrl', () => {
  it.each(['tftp://10.13.4.121', 'https://h/d/x/', 'http://s/{MODEL}.cfg', 'http://s/$(MA).cfg', 'ftp://h/'])(
    'takes %s',
    (url) => expect(checkUrl(url)).toBe(true),
  );

  it.each([
    '',
    'h/x',
    'javascript:x',
    'http://',
    'http://h/a b',
    'http://h/\r\nX: y',
    'http://h/ü',
    `http://h/${'x'.repeat(380)}`,
  ])('refuses %j', (url) => expect(checkUrl(url)).toBe(false));

  it('keeps such a URL out of a NOTIFY', () => {
    expect(buildNotify(request('snom-seed'), OWN, { ...NOTIFY_OPTIONS, url: 'http://h/\r\n' })).toMatchObject(
      {
        ok: false,
        reason: 'url',
      },
    );
  });
});

function request(id: string): PnpRequest {
  return read(findSubscribeCase(id));
}

function read(vector: Pick<SubscribeCase, 'raw' | 'source'>): PnpRequest {
  const message = parseMessage(Buffer.from(vector.raw));
  const reading = message.ok ? readSubscription(message.value, vector.source) : message;
  if (!reading.ok) throw new Error(reading.reason);
  return reading.value;
}

function text(bytes: ReturnType<typeof buildNotify>): string {
  if (!bytes.ok) throw new Error(bytes.reason);
  return Buffer.from(bytes.value).toString('latin1');
}

function parse(bytes: ReturnType<typeof buildNotify>): SipMessage {
  const message = parseMessage(Buffer.from(text(bytes), 'latin1'));
  if (!message.ok) throw new Error(message.reason);
  return message.value;
}
