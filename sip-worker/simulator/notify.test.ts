import { describe, expect, it } from 'vitest';
import fixture from '../../tests/fixtures/pnp-notify-shapes.json' with { type: 'json' };
import { serialiseMessage } from '../sip/message.ts';
import { buildOk, readDatagram, readNotifyUrl } from './notify.ts';

interface ShapeCase {
  readonly id: string;
  readonly raw: string;
  readonly expected: { readonly acceptedByPhone: boolean; readonly url: string };
}

const cases = fixture.cases as readonly ShapeCase[];

describe('every NOTIFY that phones are known to take', () => {
  it.each(cases)('$id', ({ raw, expected }) => {
    const message = readDatagram(Buffer.from(raw));
    expect(message && readNotifyUrl(message)).toBe(expected.url);
  });
});

describe('readNotifyUrl', () => {
  const take = (raw: string) => {
    const message = readDatagram(Buffer.from(raw));
    return message && readNotifyUrl(message);
  };
  const shape = cases.find(({ id }) => id === 'flyingvoice-seed-notify')?.raw ?? '';

  it.each([
    ['another event', shape.replace('Event: ua-profile', 'Event: check-sync')],
    ['another content', shape.replace('application/url', 'application/x-gs-ucm-url')],
    ['no URL', shape.replace('tftp://192.168.50.18/0021f222b01d.cfg', 'x'.repeat(37))],
    ['another method', shape.replaceAll('NOTIFY', 'OPTION')],
  ])('takes no NOTIFY with %s', (_, raw) => expect(take(raw)).toBeNull());

  it('cuts off what was truncated for good', () => {
    expect(readDatagram(Buffer.from(shape.slice(0, -20)))).toBeNull();
  });
});

describe('buildOk', () => {
  it('copies every Via and Record-Route, and fills in rport', () => {
    const request = readDatagram(Buffer.from(cases[0]?.raw ?? ''));
    if (request?.kind !== 'request') throw new Error('no request');
    const written = serialiseMessage(buildOk(request, { address: '192.168.100.10', port: 5060 }));
    const text = written.ok ? Buffer.from(written.value).toString() : '';
    expect(text.match(/^Via: .*/gm)).toHaveLength(2);
    expect(text.match(/^Record-Route: .*/gm)).toHaveLength(2);
    expect(text).toMatch(/^SIP\/2\.0 200 OK\r\nVia: .*;rport=5060/);
    expect(text).toMatch(/^CSeq: 3 NOTIFY\r$/m);
  });
});
