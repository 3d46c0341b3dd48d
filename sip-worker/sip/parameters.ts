/** Parameters behind a header value or URI: `;name`, `;name=token`, `;name="quoted text"` (RFC 3261 25.1). */
export type Parameters = ReadonlyMap<string, string>;

const MOST_PARAMETERS = 64;

/**
 * Reads the parameters from `start`, where a `;` or the end must stand, blanks aside. Names come in lower case, quoted
 * values unquoted, a name without a value as ''. The first of several equal names counts. Null when it is malformed.
 */
export function readParameters(text: string, start = 0): Parameters | null {
  const parameters = new Map<string, string>();
  let at = skipBlanks(text, start);
  while (at < text.length) {
    if (text[at] !== ';' || parameters.size >= MOST_PARAMETERS) return null;
    const nameStart = skipBlanks(text, at + 1);
    const nameEnd = endOfToken(text, nameStart);
    const name = text.slice(nameStart, nameEnd).trimEnd().toLowerCase();
    at = skipBlanks(text, nameEnd);
    const value = text[at] === '=' ? readValue(text, skipBlanks(text, at + 1)) : { text: '', end: at };
    if (!value) return null;
    at = skipBlanks(text, value.end);
    // An empty parameter (a stray or final semicolon) is harmless, and phones send it.
    if (name !== '' && !parameters.has(name)) parameters.set(name, value.text);
  }
  return parameters;
}

interface Value {
  readonly text: string;
  readonly end: number;
}

function readValue(text: string, start: number): Value | null {
  if (text[start] === '"') return readQuoted(text, start);
  let end = start;
  while (end < text.length && text[end] !== ';' && text[end] !== '"') end += 1;
  if (text[end] === '"') return null;
  return { text: text.slice(start, end).trimEnd(), end };
}

/** A quoted string from its opening mark; `end` stands behind the closing one. Null when it does not close. */
export function readQuoted(text: string, start: number): Value | null {
  const plainEnd = text.indexOf('"', start + 1);
  if (plainEnd < 0) return null;
  const plain = text.slice(start + 1, plainEnd);
  if (!plain.includes('\\')) return { text: plain, end: plainEnd + 1 };
  let value = '';
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') return { text: value, end: at + 1 };
    if (character === '\\') at += 1;
    value += text.charAt(at);
  }
  return null;
}

function endOfToken(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== ';' && text[at] !== '=') at += 1;
  return at;
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  return at;
}

/** Where `mark` first stands outside quoted strings from `start` on; the length of the text when it does not. */
export function findOutsideQuotes(text: string, mark: string, start = 0): number {
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === mark) return at;
    if (text[at] !== '"') continue;
    const quoted = readQuoted(text, at);
    if (!quoted) return text.length;
    at = quoted.end - 1;
  }
  return text.length;
}
