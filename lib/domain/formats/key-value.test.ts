import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lineText, literal } from '../origin.ts';
import { keyValueCodec } from './key-value.ts';

interface LineCase {
  readonly id: string;
  readonly vendor: string;
  readonly key: string;
  readonly value: string;
  readonly expected: { readonly accepted: boolean; readonly line?: string; readonly reason?: string };
}

const codec = keyValueCodec('#!version:1.0.0.1');
const fixture = path.join(import.meta.dirname, '../../../tests/fixtures/cfg-lines.json');
const cases = (JSON.parse(readFileSync(fixture, 'utf8')) as { cases: LineCase[] }).cases;

describe('lines of Flyingvoice files', () => {
  test.each(cases.filter((each) => each.vendor === 'flyingvoice'))('$id', ({ key, value, expected }) => {
    const badKey = codec.refuseKey(key) === null ? null : 'bad-key';
    const refused = badKey ?? codec.refuseValue(value)?.code ?? null;
    expect(refused).toBe(expected.accepted ? null : expected.reason);
    if (expected.accepted) {
      const entry = codec.parameter(key, literal(value), { kind: 'device' });
      expect(entry.lines.map(lineText)).toEqual([expected.line]);
    }
  });
});

function linesOf(
  text: string,
): { spans: { text: string; origins: []; secret: boolean }[]; source: { kind: 'generated'; why: string } }[] {
  return text.split('\n').map((line) => ({
    spans: [{ text: line, origins: [], secret: false }],
    source: { kind: 'generated', why: '' },
  }));
}

test('blanks round the equals sign are dropped, and those inside a value stay', () => {
  const { entries } = codec.parse(linesOf('account.1.label = Front desk '));
  expect(entries.map((entry) => entry.lines.map(lineText))).toEqual([['account.1.label=Front desk']]);
});

test('a line that is no setting is named with its place', () => {
  const { problems } = codec.parse(linesOf('# comment\n\nfoo\n=x'));
  expect(problems.map(({ index }) => index)).toEqual([2, 3]);
});

test('what was written is read back', () => {
  const key = fc.stringMatching(/^[A-Za-z0-9_.\-/]{1,30}$/);
  const value = fc.string({ unit: 'grapheme' }).filter((text) => codec.refuseValue(text) === null);
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name }), (settings) => {
      const entries = settings.map(([name, text]) =>
        codec.parameter(name, literal(text), { kind: 'device' }),
      );
      const read = codec.parse(codec.serialise(entries));
      expect(read.problems).toEqual([]);
      expect(read.entries.map((entry) => [entry.key, entry.value.map((span) => span.text).join('')])).toEqual(
        settings,
      );
    }),
  );
});

test('no text makes the reader throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void codec.parse(linesOf(text))));
});
