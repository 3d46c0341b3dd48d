import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import fixture from '../../tests/fixtures/mac-formats.json' with { type: 'json' };
import {
  findMacInFileName,
  findMacInText,
  findMacInUserPart,
  formatMac,
  isLocallyAdministered,
  parseMac,
} from './mac.ts';

function read(group: string, input: string): string | null {
  if (group === 'wrapped') return findMacInUserPart(input);
  if (group === 'filename') return findMacInFileName(input);
  const parsed = parseMac(input);
  return parsed.ok ? parsed.value : null;
}

describe('every spelling of the vectors', () => {
  it.each(fixture.cases)('$id $group $input', ({ group, input, expected }) => {
    expect(read(group, input)).toBe(expected.mac);
  });
});

describe('parseMac', () => {
  it.each(['', ' 0021f222b01d', '0021f222b01d\n', '00::21:f2:22:b0', '000000000000', '00:00:00:00:00:00'])(
    'refuses %j',
    (text) => expect(parseMac(text).ok).toBe(false),
  );

  it('takes three groups with dots and six groups of one digit', () => {
    expect(parseMac('0021.f222.b01d')).toEqual({ ok: true, value: '0021f222b01d' });
    expect(parseMac('0:1:2:a:b:c')).toEqual({ ok: true, value: '0001020a0b0c' });
  });

  it('reads back what formatMac writes, with every separator', () => {
    const digits = fc.stringMatching(/^[0-9a-f][02468ace][0-9a-f]{10}$/).filter((text) => !/^0+$/.test(text));
    fc.assert(
      fc.property(digits, fc.constantFrom('', ':', '-', '.', ' '), (text, separator) => {
        const mac = parseMac(text);
        return mac.ok && JSON.stringify(parseMac(formatMac(mac.value, separator))) === JSON.stringify(mac);
      }),
    );
  });

  it('marks addresses that no manufacturer assigned', () => {
    const container = parseMac('02:42:ac:11:00:02');
    const phone = parseMac('0021f222b01d');
    expect(container.ok && isLocallyAdministered(container.value)).toBe(true);
    expect(phone.ok && isLocallyAdministered(phone.value)).toBe(false);
  });
});

describe('extractors', () => {
  it.each([
    ['MAC:0021f222b01d', '0021f222b01d'],
    ['MAC=00304f6b2a10', '00304f6b2a10'],
    ['MAC%3a00-26-8B-01-02-03', '00268b010203'],
    ['MAC%3a0021f222b01d%0d%0aContact: x', null],
    ['MAC%3a001565aabbcc0', null],
    ['0021f222b01d', null],
    ['00000001', null],
  ])('user part %j gives %j', (userPart, mac) => expect(findMacInUserPart(userPart)).toBe(mac));

  it.each([
    ['Yealink SIP-T46S 66.86.0.15 00:15:65:aa:bb:cc', '001565aabbcc'],
    ['Mitel6920 MAC:14-00-E9-1F-03-EA V:6.4', '1400e91f03ea'],
    ['phone 00:21:f2:22:b0:1d:00:00', null],
    ['phone x0021f222b01d', null],
    ['phone 2010.12-00004-g9ba52f5', null],
  ])('text %j gives %j', (text, mac) => expect(findMacInText(text)).toBe(mac));

  it.each([
    ['/Config0080F0C571EB.cfg', '0080f0c571eb'],
    ['/0021f222b01d/001565aabbcc.cfg', '001565aabbcc'],
    ['/0021f222b01d/time.cfg', null],
    ['000000000000.cfg', null],
    ['0021f222b01d0.cfg', null],
    ['00-21-f2-22-b0-1d-00-00.cfg', null],
  ])('file %j gives %j', (path, mac) => expect(findMacInFileName(path)).toBe(mac));

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        parseMac(text);
        findMacInUserPart(text);
        findMacInText(text);
        findMacInFileName(text);
      }),
    );
  });
});
