import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  headerValue,
  headerValues,
  makeHeader,
  parseMessage,
  readUtf8,
  serialiseMessage,
} from './message.ts';

const REQUEST = [
  'SUBSCRIBE sip:MAC%3a00135E874B49@intern.snom.de SIP/2.0',
  'Via: SIP/2.0/UDP 192.168.10.67:5060;rport',
  'f: <sip:a@b>;tag=1',
  'CALL-id : 1930770594@192.168.10.67',
  'Event: ua-profile;vendor="Büro";',
  '\tmodel=x',
  'Content-Length: 3',
  '',
  'abcdef',
].join('\r\n');

describe('parseMessage', () => {
  it('reads request line, headers of any spelling, folded lines and the declared body', () => {
    const message = parse(Buffer.from(REQUEST));
    expect(message).toMatchObject({ kind: 'request', method: 'SUBSCRIBE' });
    expect(headerValue(message, 'from')).toBe('<sip:a@b>;tag=1');
    expect(headerValue(message, 'call-id')).toBe('1930770594@192.168.10.67');
    expect(readUtf8(headerValue(message, 'event') ?? '')).toBe('ua-profile;vendor="Büro"; model=x');
    expect(Buffer.from(message.body).toString()).toBe('abc');
  });

  it('reads a status line with and without a phrase', () => {
    expect(parse('SIP/2.0 200 Ok\r\n\r\n')).toMatchObject({ kind: 'response', status: 200, phrase: 'Ok' });
    expect(parse('SIP/2.0 100 \r\n\r\n')).toMatchObject({ status: 100, phrase: '' });
  });

  it('keeps equal headers apart and in order', () => {
    expect(headerValues(parse('A sip:b SIP/2.0\nVia: 1\nv: 2\n\n'), 'via')).toEqual(['1', '2']);
  });

  it.each([
    ['', 'empty'],
    ['\r\n\r\n', 'empty'],
    ['A sip:b SIP/2.0\r\nVia: 1\r\n', 'truncated'],
    ['A sip:b SIP/2.0\r\nX: a\rb\r\n\r\n', 'control-character'],
    ['A sip:b SIP/2.0\r\nX: a\0b\r\n\r\n', 'control-character'],
    ['A sip:b c SIP/2.0\r\n\r\n', 'start-line'],
    ['A sip:b SIP/7.0\r\n\r\n', 'version'],
    ['A sip:b SIP/2.0\r\n folded\r\n\r\n', 'header'],
    ['A sip:b SIP/2.0\r\nno colon\r\n\r\n', 'header'],
    ['A sip:b SIP/2.0\r\nContent-Length: -1\r\n\r\n', 'content-length'],
    ['A sip:b SIP/2.0\r\nl: 1\r\nContent-Length: 0\r\n\r\nx', 'content-length'],
    ['A sip:b SIP/2.0\r\nContent-Length: 2\r\n\r\nx', 'truncated'],
    [`A sip:b SIP/2.0\r\n${'X: y\r\n'.repeat(101)}\r\n`, 'too-many-headers'],
    [`A sip:b SIP/2.0\r\nX: ${'y'.repeat(17_000)}\r\n\r\n`, 'too-large'],
  ])('refuses %j as %s', (text, reason) => {
    expect(parseMessage(Buffer.from(text, 'latin1'))).toMatchObject({ ok: false, reason });
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void parseMessage(bytes)));
  });

  it('survives every single-byte change of a good message', () => {
    const good = Buffer.from(REQUEST);
    for (let at = 0; at < good.length; at += 1)
      for (const byte of [0, 10, 13, 32, 34, 58, 59, 60, 255]) {
        const mutated = Buffer.from(good);
        mutated[at] = byte;
        parseMessage(mutated);
      }
  });
});

describe('serialiseMessage', () => {
  it('writes what parseMessage reads back unchanged', () => {
    const token = fc.stringMatching(/^[A-Za-z][\w-]{0,12}$/);
    const value = fc.stringMatching(/^[!-~\u00a1-\u00ff]([ !-~\u00a1-\u00ff]{0,40}[!-~])?$/);
    const headers = fc.array(fc.tuple(token, value), { maxLength: 12 });
    fc.assert(
      fc.property(token, headers, fc.uint8Array({ maxLength: 64 }), (method, pairs, body) => {
        const written = pairs
          .filter(([name]) => !/^(content-length|l)$/i.test(name))
          .map(([name, text]) => makeHeader(name, text));
        const message = { kind: 'request', method, uri: 'sip:a@b', headers: written, body } as const;
        const bytes = serialiseMessage(message);
        expect(bytes.ok && parse(bytes.value)).toEqual(message);
      }),
    );
  });

  it.each(['a\r\nContact: <sip:evil>', 'a\nb', 'a\0b'])(
    'refuses a value that would start a line of its own: %j',
    (value) => {
      const message = {
        kind: 'response',
        status: 200,
        phrase: 'OK',
        headers: [makeHeader('X', value)],
        body: new Uint8Array(),
      } as const;
      expect(serialiseMessage(message)).toMatchObject({ ok: false, reason: 'unsafe-text' });
    },
  );
});

function parse(data: string | Uint8Array) {
  const parsed = parseMessage(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  if (!parsed.ok) throw new Error(parsed.reason);
  return { ...parsed.value, body: Uint8Array.from(parsed.value.body) };
}
