import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import fixture from '../../tests/fixtures/user-agents.json' with { type: 'json' };
import { identifyPhone, type PhoneClues, readUserAgent, vendorsOfMac } from './fingerprint.ts';
import { type Mac, parseMac } from './mac.ts';

interface AgentCase {
  readonly id: string;
  readonly userAgent: string;
  readonly expected: Readonly<Record<string, unknown>>;
}

const NOTHING = { vendor: null, model: null, firmware: null, mac: null };
const NO_CLUES: PhoneClues = {
  event: { vendor: null, model: null, version: null },
  userAgent: null,
  mac: null,
  uriHost: null,
};

describe('every User-Agent of the vectors', () => {
  it.each(fixture.cases as readonly AgentCase[])('$id $userAgent', ({ userAgent, expected }) => {
    const reading = readUserAgent(userAgent) ?? NOTHING;
    for (const field of ['vendor', 'model', 'firmware', 'mac'] as const) {
      const right = expected[`${field}AnyOf`] ?? [expected[field]];
      expect(right, field).toContain(reading[field]);
    }
  });
});

describe('readUserAgent', () => {
  it.each([
    ['Yealink SIP VP-T49G 51.80.0.100 001565f429a4', 'T49G'],
    ['Snom M900 05.20.0001 000413b60680', 'M900'],
    ['snomD120/10.1.39.11', 'D120'],
    ['Panasonic-KX-HDV130/01.000', 'KX-HDV130'],
    ['Cisco/SPA525G-7.4.4 (CBT141900G7)', 'SPA525G'],
    ['Mitel6920 MAC:14-00-E9-1F-03-EA V:6.4.0.140-SIP', '6920'],
    ['Tiptel IP 286 2.61.13.9', 'IP 286'],
  ])('reads %s as %s', (text, model) => expect(readUserAgent(text)?.model).toBe(model));

  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => void readUserAgent(text)));
  });

  it('does not read more than 256 characters', () => {
    expect(readUserAgent(`Yealink SIP-T46S 66.86.0.15 ${' '.repeat(300)}`)).toBeNull();
  });
});

describe('identifyPhone', () => {
  it('believes a named vendor before User-Agent and MAC', () => {
    expect(
      identifyPhone({
        event: { vendor: 'Yealink', model: 'T21D', version: '34.72.0.75' },
        userAgent: 'Grandstream GRP2612W 1.0.5.67',
        mac: mac('000413a1b2c3'),
        uriHost: null,
      }),
    ).toEqual({ vendor: 'yealink', model: 'T21D', firmware: '34.72.0.75', recognisedBy: 'event' });
  });

  it('passes over the placeholder OEM to User-Agent, then MAC, then host', () => {
    const oem = {
      ...NO_CLUES,
      event: { vendor: 'OEM', model: 'OEM', version: '7.1.19' },
      uriHost: 'intern.snom.de',
    };
    expect(identifyPhone(oem)).toMatchObject({ vendor: 'snom', model: null, recognisedBy: 'uri-host' });
    expect(identifyPhone({ ...oem, mac: mac('7c2f80112233') })).toMatchObject({
      vendor: 'gigaset',
      recognisedBy: 'oui',
    });
    expect(identifyPhone({ ...oem, userAgent: 'Fanvil X4U 2.4.10' })).toMatchObject({
      vendor: 'fanvil',
      model: 'X4U',
      firmware: '7.1.19',
      recognisedBy: 'user-agent',
    });
  });

  it('tells the two Cisco families apart', () => {
    const agent = (userAgent: string) => identifyPhone({ ...NO_CLUES, userAgent }).vendor;
    expect(agent('Cisco/SPA501G-7.4.4 (8843E157DDCC)(CBT141100HR)')).toBe('cisco-spa');
    expect(agent('Linksys/SPA-942-6.1.5(a) (88019FA42805)')).toBe('cisco-spa');
    expect(agent('Cisco-CP-7832-3PCC/11.0.1 (00562b043615)')).toBe('cisco');
  });

  it.each(['../../../etc/passwd', '{{7*7}}$(id)`id`<%=1%>', 'a\r\nb', 'T5;4=W', 'x'.repeat(65)])(
    'drops the model %j instead of repairing it',
    (model) => {
      const event = { vendor: 'Yealink', model, version: '1' };
      expect(
        identifyPhone({ ...NO_CLUES, event, userAgent: 'Yealink SIP-T54W 96.86.0.70' }).model,
      ).toBeNull();
    },
  );

  it('says nothing about a phone without clues', () => {
    expect(identifyPhone(NO_CLUES)).toEqual({
      vendor: null,
      model: null,
      firmware: null,
      recognisedBy: null,
    });
  });
});

describe('vendorsOfMac', () => {
  it('lists every brand of a shared block and none for an unknown one', () => {
    expect(vendorsOfMac(mac('001fc11c22a9'))).toEqual(['htek', 'sangoma']);
    expect(vendorsOfMac(mac('00135e874b49'))).toEqual([]);
  });
});

function mac(text: string): Mac {
  const parsed = parseMac(text);
  if (!parsed.ok) throw new Error(text);
  return parsed.value;
}
