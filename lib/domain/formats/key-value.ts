import type { CompiledLine, Span } from '../origin.ts';
import { lineText, literal, shownText } from '../origin.ts';
import { type Codec, type Entry, type FormatProblem, refuseControls, type ValueRefusal } from './codec.ts';

const KEY = /^[A-Za-z0-9_.\-/]+$/;

/**
 * `parameter=value`, one a line, `#` comments at the start of a line, later lines win: Flyingvoice
 * (Auto Provisioning Guide 1.0) and, with other headers, Yealink and AudioCodes. There is no escape: a value
 * ends with its line.
 * @param header first line of every file, or null
 */
export function keyValueCodec(header: string | null): Codec {
  return {
    name: 'key=value',
    contentType: 'text/plain; charset=utf-8',
    lineEnd: '\n',
    parse: parseKeyValue,
    serialise: (entries) => [
      ...(header === null
        ? []
        : [{ spans: [literal(header)], source: { kind: 'generated', why: 'file header' } as const }]),
      ...entries.flatMap((entry) => entry.lines),
    ],
    parameter: (key, value, layer) => ({
      key,
      value: [value],
      lines: [{ spans: [literal(`${key}=`), value], source: { kind: 'parameter', key, layer } }],
    }),
    refuseValue,
    refuseKey: (key) =>
      KEY.test(key) ? null : 'a parameter name has letters, digits, "_", ".", "-" and "/" only',
  };
}

function refuseValue(text: string): ValueRefusal | null {
  if (text === text.trim()) return refuseControls(text);
  return (
    refuseControls(text) ?? { code: 'edge-whitespace', reason: 'blanks at its start or end would be lost' }
  );
}

function parseKeyValue(lines: readonly CompiledLine[]): { entries: Entry[]; problems: FormatProblem[] } {
  const entries: Entry[] = [];
  const problems: FormatProblem[] = [];
  lines.forEach((line, index) => {
    const text = lineText(line);
    if (text.trim() === '' || text.startsWith('#')) return;
    const equals = text.indexOf('=');
    const key = text.slice(0, Math.max(equals, 0)).trim();
    const problem = refuseLine(line.spans, { equals, key });
    if (problem === null) entries.push(entryOf(key, line, equals + 1));
    else problems.push({ index, ...problem });
  });
  return { entries, problems };
}

/** What is wrong with a line is read by more people than its secrets are. */
function refuseLine(
  spans: readonly Span[],
  { equals, key }: { readonly equals: number; readonly key: string },
): Omit<FormatProblem, 'index'> | null {
  const fix = 'Write parameter=value';
  if (equals < 0) return { reason: `"${clip(shownText(spans).trim())}" has no "="`, fix };
  const isSecret = takeCharacters(spans, equals).some((span) => span.secret && span.text.trim() !== '');
  if (isSecret) return { reason: 'a secret stands in the name of a parameter', fix };
  return KEY.test(key) ? null : { reason: `"${clip(key)}" is no parameter name`, fix };
}

/** Blanks round the equals sign are dropped: phones differ in what they make of them. */
function entryOf(key: string, line: CompiledLine, valueStart: number): Entry {
  const value = trimSpans(dropCharacters(line.spans, valueStart));
  return { key, value, lines: [{ ...line, spans: [...keySpans(line.spans, valueStart, key), ...value] }] };
}

/** Keeps the origins of a key that was computed, `account.{{ line.index }}.label=`. */
function keySpans(spans: readonly Span[], valueStart: number, key: string): Span[] {
  const origins = takeCharacters(spans, valueStart).flatMap((span) => span.origins);
  return [{ text: `${key}=`, origins, secret: false }];
}

function takeCharacters(spans: readonly Span[], count: number): Span[] {
  const taken: Span[] = [];
  let left = count;
  for (const span of spans) {
    if (left <= 0) break;
    taken.push({ ...span, text: span.text.slice(0, left) });
    left -= span.text.length;
  }
  return taken;
}

function dropCharacters(spans: readonly Span[], count: number): Span[] {
  const kept: Span[] = [];
  let left = count;
  for (const span of spans) {
    if (left < span.text.length || (left <= 0 && span.text === ''))
      kept.push({ ...span, text: span.text.slice(Math.max(left, 0)) });
    left -= span.text.length;
  }
  return kept;
}

/** Only the template's own blanks are trimmed: blanks of a value are the gate's to judge. */
function trimSpans(spans: readonly Span[]): Span[] {
  return spans.map((span, index) => {
    if (span.origins.length > 0) return span;
    const text = index === 0 ? span.text.trimStart() : span.text;
    return { ...span, text: index === spans.length - 1 ? text.trimEnd() : text };
  });
}

function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40).toWellFormed()}…` : text;
}
