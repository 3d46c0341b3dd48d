import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import fixture from '../../tests/fixtures/url-macros.json' with { type: 'json' };
import { expandRuleUrl, type StartUrlValues } from './start-url.ts';

const VALUES: StartUrlValues = {
  start: 'http://10.0.0.5:8080/d/abc/',
  base: 'http://10.0.0.5:8080',
  host: '10.0.0.5',
  token: 'abc',
};

interface MacroCase {
  readonly id: string;
  readonly template: string;
  readonly expected: { readonly error?: string };
}

describe("every URL of the vectors, whose macros are the phone's", () => {
  const sent = (fixture.cases as readonly MacroCase[]).filter(({ template }) => template.includes('://'));
  it.each(sent)('$id', ({ template, expected }) => {
    const result = expandRuleUrl(template, VALUES);
    if (expected.error === 'url-too-long') expect(result).toEqual({ ok: false, reason: 'too-long' });
    else if (expected.error !== undefined) expect(result.ok).toBe(false);
    else expect(result).toEqual({ ok: true, value: template });
  });
});

describe('our macros', () => {
  it.each([
    ['{{start}}', 'http://10.0.0.5:8080/d/abc/'],
    ['{{ base }}/x/{mac}.cfg', 'http://10.0.0.5:8080/x/{mac}.cfg'],
    ['tftp://{{host}}/$(MA).cfg', 'tftp://10.0.0.5/$(MA).cfg'],
    ['https://p.example/d/{{token}}/', 'https://p.example/d/abc/'],
  ])('%s becomes %s', (url, expected) => {
    expect(expandRuleUrl(url, VALUES)).toEqual({ ok: true, value: expected });
  });

  it('names a macro that does not exist', () => {
    expect(expandRuleUrl('http://h/{{mac}}', VALUES)).toEqual({
      ok: false,
      reason: 'unknown-macro',
      at: 'mac',
    });
    expect(expandRuleUrl('http://h/{{start', VALUES)).toMatchObject({ ok: false, reason: 'unknown-macro' });
    expect(expandRuleUrl('{{constructor}}', VALUES)).toMatchObject({ reason: 'unknown-macro' });
  });

  it('names a macro that has no value for this phone', () => {
    const unknownPhone = { ...VALUES, start: null, token: null };
    expect(expandRuleUrl('{{start}}', unknownPhone)).toEqual({
      ok: false,
      reason: 'macro-without-value',
      at: 'start',
    });
    expect(expandRuleUrl('{{base}}/', unknownPhone).ok).toBe(true);
  });
});

describe('what is sent', () => {
  it.each([
    ['http://h/a\r\nContact: x', 'not-one-line'],
    ['file:///etc/passwd', 'scheme'],
    ['10.0.0.5/x', 'scheme'],
    ['http:///x', 'scheme'],
    ['', 'scheme'],
    [`http://h/${'a'.repeat(400)}`, 'too-long'],
    ['http://h/\ud800', 'not-ascii'],
  ])('%j is refused as %s', (url, reason) => {
    expect(expandRuleUrl(url, VALUES)).toMatchObject({ ok: false, reason });
  });

  it('has blanks and umlauts %-encoded, and nothing else changed', () => {
    expect(expandRuleUrl('http://h/HTTP Directory/ü%20.cfg', VALUES)).toEqual({
      ok: true,
      value: 'http://h/HTTP%20Directory/%C3%BC%20.cfg',
    });
  });

  it('is one line of printable ASCII whatever the rule says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const result = expandRuleUrl(`http://h/${text}`, VALUES);
        if (result.ok) expect(result.value).toMatch(/^[\x21-\x7e]{1,384}$/);
      }),
    );
  });
});
