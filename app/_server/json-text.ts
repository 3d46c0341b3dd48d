/**
 * Reads JSON from outside (RFC 8259): not deep, no key twice, none that reaches a prototype. Unlike JSON.parse it can
 * say where the text stops being JSON, always.
 */

const DEEPEST = 32;
const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const BLANKS = /[ \t\n\r]*/y;
const STRING = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const WORD = /true|false|null/y;

export type JsonReading =
  | { readonly ok: true; readonly value: unknown }
  /** `at` is `line 3, column 14`. */
  | { readonly ok: false; readonly reason: string; readonly at: string };

interface Reader {
  readonly text: string;
  position: number;
  refusal: { readonly reason: string; readonly position: number } | null;
}

export function readJson(text: string): JsonReading {
  const reader: Reader = { text, position: 0, refusal: null };
  const value = readValue(reader, 0);
  take(reader, BLANKS);
  if (reader.position < text.length) refuse(reader, 'expected the end of the text');
  if (!reader.refusal) return { ok: true, value };
  return {
    ok: false,
    reason: reader.refusal.reason,
    at: placeOf(text, reader.refusal.position),
  };
}

function readValue(reader: Reader, depth: number): unknown {
  take(reader, BLANKS);
  const first = reader.text[reader.position];
  if (first === '{' || first === '[') {
    if (depth === DEEPEST) return refuse(reader, `nested deeper than ${DEEPEST} levels`);
    return first === '{' ? readObject(reader, depth + 1) : readArray(reader, depth + 1);
  }
  if (first === '"') return readString(reader);
  const number = take(reader, NUMBER);
  if (number !== '') return Number(number);
  const word = take(reader, WORD);
  return word === '' ? refuse(reader, 'expected a value') : WORDS.get(word);
}

function readObject(reader: Reader, depth: number): unknown {
  const members = new Map<string, unknown>();
  readItems(reader, '}', () => {
    take(reader, BLANKS);
    const keyPosition = reader.position;
    const key = readString(reader);
    if (reader.refusal) return;
    if (PROTOTYPE_KEYS.has(key)) refuse(reader, `the key "${key}" is not allowed`, keyPosition);
    if (members.has(key)) refuse(reader, `the key "${key}" is there twice`, keyPosition);
    take(reader, BLANKS);
    if (reader.text[reader.position] !== ':') return refuse(reader, 'expected ":"');
    reader.position += 1;
    members.set(key, readValue(reader, depth));
  });
  return Object.fromEntries(members);
}

function readArray(reader: Reader, depth: number): unknown {
  const items: unknown[] = [];
  readItems(reader, ']', () => items.push(readValue(reader, depth)));
  return items;
}

/** From the opening bracket to the closing one, with commas between. */
function readItems(reader: Reader, end: string, readItem: () => void): void {
  reader.position += 1;
  take(reader, BLANKS);
  if (reader.text[reader.position] === end) {
    reader.position += 1;
    return;
  }
  while (!reader.refusal) {
    readItem();
    take(reader, BLANKS);
    const next = reader.text[reader.position];
    if (next !== ',' && next !== end) refuse(reader, `expected "," or "${end}"`);
    if (!reader.refusal) reader.position += 1;
    if (next === end) return;
  }
}

function readString(reader: Reader): string {
  const token = take(reader, STRING);
  if (token === '') {
    refuse(reader, 'expected a string in double quotes');
    return '';
  }
  return token.includes('\\') ? String(JSON.parse(token)) : token.slice(1, -1);
}

function take(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.position;
  const taken = pattern.exec(reader.text)?.[0] ?? '';
  reader.position += taken.length;
  return taken;
}

/** The first refusal counts; what follows from it does not. */
function refuse(reader: Reader, reason: string, position: number = reader.position): undefined {
  reader.refusal ??= { reason, position };
}

function placeOf(text: string, position: number): string {
  const before = text.slice(0, position).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
