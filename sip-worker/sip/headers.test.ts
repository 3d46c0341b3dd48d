import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEvent } from './event.ts';
import { parseMessage } from './message.ts';
import { parseNameAddress } from './name-address.ts';
import { readTransactionHeaders } from './request.ts';
import { parseSipUri } from './uri.ts';
import { parseVia, stampVia } from './via.ts';

const SOURCE = { address: '192.168.60.77', port: 40123 };

describe('Via', () => {
  it.each([
    ['SIP/2.0/UDP 10.0.0.5:5060;rport', 'SIP/2.0/UDP 10.0.0.5:5060;rport=40123;received=192.168.60.77'],
    ['SIP/2.0/UDP 192.168.60.77;branch=z9hG4bKx', 'SIP/2.0/UDP 192.168.60.77;branch=z9hG4bKx'],
    [
      'SIP/2.0/UDP phone.local;branch=z9hG4bKx',
      'SIP/2.0/UDP phone.local;branch=z9hG4bKx;received=192.168.60.77',
    ],
    [
      'SIP/2.0/UDP 192.168.60.77;received=198.51.100.7;rport=53;branch=a',
      'SIP/2.0/UDP 192.168.60.77;rport=40123;branch=a;received=192.168.60.77',
    ],
    [
      'SIP / 2.0 / UDP 10.0.0.5 : 5060 ;x="a;rport, b";rport , SIP/2.0/UDP 10.9.9.9',
      'SIP / 2.0 / UDP 10.0.0.5 : 5060 ;x="a;rport, b";rport=40123;received=192.168.60.77, SIP/2.0/UDP 10.9.9.9',
    ],
  ])('%s is answered with %s', (line, stamped) => {
    const via = parseVia(line);
    expect(via.ok && stampVia(via.value, SOURCE)).toBe(stamped);
  });

  it('reads host and port of every address family', () => {
    expect(parseVia('SIP/2.0/UDP [2001:DB8::1]:5070;branch=b')).toMatchObject({
      value: { host: '2001:db8::1', port: 5070, transport: 'UDP' },
    });
    expect(parseVia('SIP/2.0/UDP phone.local')).toMatchObject({ value: { host: 'phone.local', port: null } });
  });

  it.each(['', 'SIP/2.0/UDP', 'SIP/2.0/UDP a:0', 'SIP/2.0/UDP a:70000', 'SIP/2.0/UDP a;x="b', 'HTTP/1.1 a'])(
    'refuses %j',
    (line) => expect(parseVia(line).ok).toBe(false),
  );
});

describe('name-addr', () => {
  it.each([
    ['<sip:a@b>;tag=1', 'sip:a@b', '1'],
    ['"phone, <x>" <sip:a@b;ob>;tag="q"', 'sip:a@b;ob', 'q'],
    ['Bob  <sip:a@b> ; TAG = 1', 'sip:a@b', '1'],
    ['sip:a@b;tag=1', 'sip:a@b', '1'],
    ['<sip:a@b>, <sip:c@d>;tag=1', 'sip:a@b', undefined],
  ])('%s', (value, uri, tag) => {
    const parsed = parseNameAddress(value);
    expect(parsed.ok && [parsed.value.uri, parsed.value.parameters.get('tag')]).toEqual([uri, tag]);
  });

  it.each(['', '<>', '<sip:a@b', '"x <sip:a@b>', '"x" sip:a@b', '<sip:a@b> tag=1'])('refuses %j', (value) => {
    expect(parseNameAddress(value).ok).toBe(false);
  });
});

describe('SIP URI', () => {
  it.each([
    ['sip:MAC:0021f222b01d@224.0.1.75', 'MAC:0021f222b01d', '224.0.1.75', null, ''],
    ['SIPS:[2001:DB8::1]:5061;transport=udp', null, '2001:db8::1', 5061, ';transport=udp'],
    ['sip:224.0.1.75:5060', null, '224.0.1.75', 5060, ''],
    ['sip:a;b=c@host?x=y', 'a;b=c', 'host', null, '?x=y'],
  ])('%s', (text, user, host, port, tail) => {
    expect(parseSipUri(text)).toMatchObject({ ok: true, value: { user, host, port, tail } });
  });

  it.each(['tel:+49301234', 'sip:', 'sip:a@', 'sip:a@b@c', 'sip:a b@c', 'sip:a@b:0', 'sip:a@b>', 'sip:ü@b'])(
    'refuses %j',
    (text) => expect(parseSipUri(text).ok).toBe(false),
  );
});

describe('Event', () => {
  it('reads tokens, quoted strings, blanks and other letter case', () => {
    const event = parseEvent('UA-Profile ; Profile-Type=device;vendor = "a;b=\\"c\\"" ;model=;;flag');
    expect(event.ok && [event.value.package, ...event.value.parameters]).toEqual([
      'ua-profile',
      ['profile-type', 'device'],
      ['vendor', 'a;b="c"'],
      ['model', ''],
      ['flag', ''],
    ]);
  });

  it.each(['', ';x=y', 'ua profile', 'ua-profile;x="y', 'ua-profile;x="y"z'])('refuses %j', (value) => {
    expect(parseEvent(value).ok).toBe(false);
  });
});

describe('transaction headers', () => {
  const lines = ['Via: SIP/2.0/UDP a', 'From: <sip:a@b>', 'To: <sip:a@b>', 'Call-ID: c', 'CSeq: 1 OPTIONS'];

  it.each([
    ['via', 'missing-header'],
    ['from', 'missing-header'],
    ['to', 'missing-header'],
    ['call-id', 'missing-header'],
    ['cseq', 'missing-header'],
  ])('%s must be there', (key, reason) => {
    const kept = lines.filter((line) => !line.toLowerCase().startsWith(`${key}:`));
    expect(read(kept)).toMatchObject({ ok: false, reason, at: key });
  });

  it('may not be doubled, and CSeq must name the method', () => {
    expect(read([...lines, 'From: <sip:x@y>'])).toMatchObject({ reason: 'repeated-header', at: 'from' });
    expect(read([...lines.slice(0, 4), 'CSeq: 1 INVITE'])).toMatchObject({ reason: 'cseq-method' });
    expect(read([...lines.slice(0, 4), 'CSeq: 4294967296 OPTIONS'])).toMatchObject({ at: 'cseq' });
  });

  it('readers never throw, whatever the text', () => {
    const text = fc.string({ unit: fc.constantFrom(...'<>";:,@[]=\\ \tsip/2.0UDPa%?'), maxLength: 80 });
    fc.assert(
      fc.property(text, (value) => {
        for (const read of [parseEvent, parseNameAddress, parseSipUri]) read(value);
        const via = parseVia(`SIP/2.0/UDP a;${value}`);
        if (via.ok) stampVia(via.value, SOURCE);
      }),
    );
  });

  function read(headers: readonly string[]) {
    const message = parseMessage(Buffer.from(['OPTIONS sip:a SIP/2.0', ...headers, '', ''].join('\r\n')));
    if (!message.ok) throw new Error(message.reason);
    return readTransactionHeaders(message.value);
  }
});
