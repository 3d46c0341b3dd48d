import { describe, expect, it } from 'vitest';
import { type SubscribeCase, subscribeCases } from '../../tests/support/pnp-vectors.ts';
import { parseMessage } from '../sip/message.ts';
import { readSubscription } from './subscription.ts';

/** These two are about who sent it, which the responder decides before it reads. */
const DECIDED_BY_SOURCE = new Set(['bad-offlink-source', 'bad-source-self']);

const requests = subscribeCases.filter((vector) => vector.expected.outcome.startsWith('answer'));
const others = subscribeCases.filter(
  (vector) => vector.expected.outcome === 'ignore' && !DECIDED_BY_SOURCE.has(vector.id),
);

describe('every SUBSCRIBE of the vectors that asks for a profile', () => {
  it.each(requests)('$id: $title', (vector) => {
    const request = read(vector);
    if (!request.ok) throw new Error(`${request.reason} ${request.at}`);
    const { expected } = vector;
    expect(request.value.mac).toBe(expected.mac);
    expect(request.value.macSource).toBe(expected.macSource);
    expect(request.value.event).toEqual(expected.event);
    expect(request.value.reply).toEqual(expected.reply);
    expect(request.value.notify).toEqual(expected.notify);
    for (const field of ['vendor', 'model', 'firmware'] as const)
      expect(expected.identity[`${field}AnyOf`] ?? [expected.identity[field]], field).toContain(
        request.value.identity[field],
      );
  });
});

describe('everything else of the vectors', () => {
  it.each(others)('$id: $title', (vector) => {
    const request = read(vector);
    const isTolerated = vector.expected.alsoAcceptable?.includes('answer-without-mac') === true;
    if (request.ok && isTolerated) expect(request.value.mac).toBeNull();
    else expect(request.ok).toBe(false);
  });
});

describe('readSubscription', () => {
  const base = subscribeCases[0] as SubscribeCase;

  it('prefers the source port to a privileged port in Via or Contact', () => {
    const raw = base.raw
      .replace(':5060;rport', ':53')
      .replace('<sip:192.168.10.67:5060>', '<sip:192.168.10.67:53>');
    expect(read({ ...base, raw })).toMatchObject({
      value: { reply: { port: 5060 }, notify: { port: 5060 } },
    });
  });

  it.each(['*', '<sips:192.168.10.67:5061>', '<tel:1>', '<sip:a b@c>', '"'])(
    'asks the source itself when the Contact is %s',
    (contact) => {
      const raw = base.raw.replace('<sip:192.168.10.67:5060>', contact);
      expect(read({ ...base, raw })).toMatchObject({ value: { notify: base.expected.notify } });
    },
  );

  it('leaves no half of a character where it cuts', () => {
    const raw = base.raw.replace('Expires: 0', `Expires: 0\r\nUser-Agent: ${'a'.repeat(255)}\u{1f600}`);
    const request = read({ ...base, raw });
    expect(request.ok && request.value.userAgent).toBe(`${'a'.repeat(255)}\ufffd`);
  });

  it('takes no serial number of a known User-Agent for a MAC', () => {
    const raw = base.raw
      .replaceAll('MAC%3a00135E874B49', 'x')
      .replace('Expires: 0', 'Expires: 0\r\nUser-Agent: Linksys/SPA-942-6.1.5(a) (88019FA42805)');
    expect(read({ ...base, raw })).toMatchObject({ value: { mac: null, macSource: null } });
  });
});

function read(vector: Pick<SubscribeCase, 'raw' | 'rawEncoding' | 'source'>) {
  const message = parseMessage(Buffer.from(vector.raw, vector.rawEncoding ?? 'utf8'));
  return message.ok ? readSubscription(message.value, vector.source) : message;
}
