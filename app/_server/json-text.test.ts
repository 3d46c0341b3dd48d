import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from './json-text.ts';

describe('reading JSON from outside', () => {
  it.each(['{}', '[]', '"a"', '0', '{"a":{"b":[1,2,{"a":1}]}}', ' {"a": "}{[]:,\\"" } '])(
    'reads %s',
    (text) => {
      expect(readJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
    },
  );

  it.each([
    ['', 'line 1, column 1'],
    ['{"a": 1,}', 'line 1, column 9'],
    ['{\n  "a": nope\n}', 'line 2, column 8'],
    ['\ufeff{}', 'line 1, column 1'],
    ["{'a': 1}", 'line 1, column 2'],
  ])('names the place where %j stops being JSON', (text, at) => {
    expect(readJson(text)).toMatchObject({ ok: false, at });
  });

  it('refuses what is nested deeper than 32 levels, and reads 32', () => {
    expect(readJson('['.repeat(32) + ']'.repeat(32)).ok).toBe(true);
    expect(readJson('['.repeat(33) + ']'.repeat(33))).toMatchObject({
      ok: false,
      at: 'line 1, column 33',
    });
    expect(readJson('['.repeat(100_000)).ok).toBe(false);
  });

  it.each(['{"__proto__": {}}', '{"a": {"constructor": 1}}', '{"\\u005f_proto__": 1}'])(
    'refuses the key that reaches a prototype in %s',
    (text) => {
      expect(readJson(text)).toMatchObject({
        ok: false,
        reason: expect.stringContaining('not allowed'),
      });
    },
  );

  it('refuses a key that is there twice in one object, however it is spelled', () => {
    expect(readJson('{"a": 1, "\\u0061": 2}')).toMatchObject({
      ok: false,
      at: 'line 1, column 10',
    });
    expect(readJson('{"a": {"b": 1}, "c": {"b": 2}}').ok).toBe(true);
  });

  it.each([
    '[1,]',
    '[01]',
    '[1.]',
    '[.5]',
    '[+1]',
    '[NaN]',
    '["\\x"]',
    '["\\u12"]',
    '["\u0001"]',
    '[1] 2',
    '{"a"}',
    '{"a":}',
    '{1:2}',
    '[',
    '{"a":1',
    '"open',
    'nul',
    '[tru]',
    '//',
    '{}}',
  ])('refuses %j', (text) => {
    expect(readJson(text).ok).toBe(false);
  });

  it('reads what JSON.stringify writes', () => {
    const harmless = fc.jsonValue({ maxDepth: 8 }).map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(harmless, (text) => {
        fc.pre(!/__proto__|constructor|prototype/.test(text));
        expect(readJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readJson(text)));
  });

  it('does not take a string value for a key', () => {
    expect(readJson('["__proto__", "__proto__"]').ok).toBe(true);
    expect(readJson('{"a": "__proto__"}').ok).toBe(true);
  });
});
