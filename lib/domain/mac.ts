import { fail, ok, type Result } from './result.ts';

/** A hardware address of one phone: 12 lower-case hexadecimal digits, never zero, broadcast or a group. */
export type Mac = string & { readonly __brand: 'Mac' };

export type MacRefusal = 'not-a-mac' | 'reserved-mac';

const PLAIN = /^[0-9a-f]{12}$/i;
const SIX_GROUPS = /^[0-9a-f]{1,2}([:\-. ])[0-9a-f]{1,2}(?:\1[0-9a-f]{1,2}){4}$/i;
const THREE_GROUPS = /^[0-9a-f]{4}([:\-. ])[0-9a-f]{4}\1[0-9a-f]{4}$/i;
const LONGEST_SPELLING = 17;

/**
 * Reads a MAC as people and tools spell it: plain, in six groups of one or two digits, or in three groups of four,
 * with one kind of separator (colon, hyphen, dot, blank). Nothing may stand before or after it.
 * Fails with `not-a-mac` for any other text, `reserved-mac` for zero, broadcast and group addresses (IEEE 802).
 */
export function parseMac(text: string): Result<Mac, MacRefusal> {
  if (text.length > LONGEST_SPELLING) return fail('not-a-mac');
  if (PLAIN.test(text)) return checkAddress(text.toLowerCase());
  const sixGroups = SIX_GROUPS.exec(text);
  if (sixGroups) return checkAddress(joinGroups(text, sixGroups[1] ?? ':', 2));
  const threeGroups = THREE_GROUPS.exec(text);
  if (threeGroups) return checkAddress(joinGroups(text, threeGroups[1] ?? '.', 4));
  return fail('not-a-mac');
}

function joinGroups(text: string, separator: string, width: number): string {
  return text
    .toLowerCase()
    .split(separator)
    .map((group) => group.padStart(width, '0'))
    .join('');
}

function checkAddress(digits: string): Result<Mac, MacRefusal> {
  const isGroup = (Number.parseInt(digits.charAt(1), 16) & 1) === 1;
  if (isGroup || digits === '000000000000') return fail('reserved-mac');
  return ok(digits as Mac);
}

/** Writes a MAC in pairs, `00:21:f2:22:b0:1d` unless another separator is given. */
export function formatMac(mac: Mac, separator = ':'): string {
  return mac.match(/../g)?.join(separator) ?? mac;
}

/** True for addresses that no manufacturer assigned: virtual machines, containers, randomised Wi-Fi (second bit of the first byte). */
export function isLocallyAdministered(mac: Mac): boolean {
  return (Number.parseInt(mac.charAt(1), 16) & 2) === 2;
}

const USER_PART = /^mac(?:%3a|[:=])?([0-9a-f:.\-%]{12,32})$/i;
const ESCAPED_SEPARATOR = /%3a|%2d|%2e/gi;

/**
 * The MAC in the raw user part of a SIP URI, after the word MAC and an optional `%3a`, `=` or `:`; separators inside
 * may be escaped too. Nothing else is decoded, and digits are never cut to size. Null when there is none.
 */
export function findMacInUserPart(userPart: string): Mac | null {
  const match = USER_PART.exec(userPart);
  if (!match) return null;
  return macOrNull((match[1] ?? '').replace(ESCAPED_SEPARATOR, unescapeSeparator));
}

function unescapeSeparator(escaped: string): string {
  return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
}

const TEXT_CANDIDATE =
  /(?<![0-9a-z])(?:[0-9a-f]{12}|[0-9a-f]{2}([:\-.])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4})(?![0-9a-z])/gi;

/** The first MAC in free text such as a User-Agent, where it stands apart from letters and digits on both sides. */
export function findMacInText(text: string): Mac | null {
  return firstMac(text, TEXT_CANDIDATE);
}

const FILE_CANDIDATE =
  /(?<![0-9a-f])(?:[0-9a-f]{12}|[0-9a-f]{2}([:\-._])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4})(?![0-9a-f])/gi;
const LONGEST_FILE_NAME = 255;

/**
 * The MAC in the last segment of a file path. It may touch letters that are no hexadecimal digits (`cfg000b8240d55c.xml`).
 * Names that start with eight zeros, such as `y000000000066.cfg`, belong to a model and hold no MAC.
 */
export function findMacInFileName(path: string): Mac | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name.length > LONGEST_FILE_NAME) return null;
  const mac = firstMac(name, FILE_CANDIDATE);
  return mac?.startsWith('00000000') ? null : mac;
}

function firstMac(text: string, candidates: RegExp): Mac | null {
  for (const match of text.matchAll(candidates)) {
    const separator = match[1];
    if (separator && continues(text, match.index, match[0].length, separator)) continue;
    const mac = macOrNull(match[0].replaceAll('_', ':'));
    if (mac) return mac;
  }
  return null;
}

const PAIR_BEFORE = /(?<![0-9a-z])[0-9a-f]{2}$/i;
const PAIR_AFTER = /^[0-9a-f]{2}(?![0-9a-z])/i;

/** More pairs before or behind make it a longer address (EUI-64), of which no six pairs are a MAC. */
function continues(text: string, start: number, length: number, separator: string): boolean {
  const end = start + length;
  const pairBefore =
    text[start - 1] === separator && PAIR_BEFORE.test(text.slice(Math.max(0, start - 4), start - 1));
  const pairAfter = text[end] === separator && PAIR_AFTER.test(text.slice(end + 1, end + 4));
  return pairBefore || pairAfter;
}

function macOrNull(text: string): Mac | null {
  const parsed = parseMac(text);
  return parsed.ok ? parsed.value : null;
}
