/** What a request asks for, by its path alone. Nothing here touches a file system: names are looked up, never opened. */
import { findMacInFileName, type Mac, parseMac } from '#lib/domain/mac.ts';

/** What a file name says about itself; how phones of many vendors spell them is in tests/fixtures/http-paths.json. */
export type NameKind =
  | 'device-default'
  | 'boot-device'
  | 'boot-common'
  | 'config-device'
  | 'config-device-binary'
  | 'config-model'
  | 'config-common'
  | 'config-custom'
  | 'device-upload'
  | 'phonebook-device'
  | 'phonebook-common'
  | 'firmware';

export interface FileName {
  /** The last segment of the path, decoded. */
  readonly text: string;
  readonly kind: NameKind;
  /** From the name, else from the query `?mac=`. */
  readonly mac: Mac | null;
}

/** `name` null: the folder itself. */
export type PathReading =
  | { readonly door: 'token'; readonly token: string; readonly name: string | null }
  | { readonly door: 'site'; readonly code: string; readonly name: FileName | null }
  | { readonly door: 'plain'; readonly name: FileName }
  | { readonly door: null };

const NOWHERE: PathReading = { door: null };
const LONGEST_TARGET = 2_048;
const LONGEST_NAME = 128;
const LONGEST_CODE = 128;

/**
 * Reads an HTTP request target in origin or absolute form (RFC 9112, 3.2). Escapes are decoded once; what then still
 * holds an escape, a backslash, a control character or a segment of dots leads nowhere. Empty segments do not count,
 * because a URL that ends in `/` and a file that begins with `/` meet in phones.
 */
export function readTarget(target: string): PathReading {
  const [, token, name] = TOKEN_TARGET.exec(target) ?? [];
  if (token !== undefined && name !== undefined) return { door: 'token', token, name };
  if (target.length > LONGEST_TARGET) return NOWHERE;
  const relative = target.charCodeAt(0) === SLASH ? target : stripOrigin(target);
  if (relative === null) return NOWHERE;
  const question = relative.indexOf('?');
  const rawPath = question === -1 ? relative : relative.slice(0, question);
  const path = rawPath.includes('%') ? decodeOnce(rawPath) : rawPath;
  if (path === null) return NOWHERE;
  return readPath(path, question === -1 ? '' : relative.slice(question + 1));
}

/** Reads the name in a TFTP request: a backslash separates folders, nothing is decoded (RFC 1350 knows no escapes). */
export function readTftpName(file: string): PathReading {
  if (file.length > LONGEST_TARGET) return NOWHERE;
  return readPath(file.replaceAll('\\', '/'), '');
}

/** What phones send that were told their URL; nothing in it needs decoding or a second look. */
const TOKEN_TARGET = /^\/d\/([\w-]{1,128})\/(\w[\w-]{0,100}\.\w{1,20})$/;
const SLASH = 0x2f;
const ORIGIN = /^https?:\/\/[^/?#]*(?=[/?]|$)/i;

function stripOrigin(target: string): string | null {
  const match = ORIGIN.exec(target);
  return match ? target.slice(match[0].length) || '/' : null;
}

function decodeOnce(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    // A broken escape is the sender's fault and has no meaning.
    return null;
  }
}

const PLAIN_TEXT = /^[\x20-\x24\x26-\x5b\x5d-\x7e]*$/;

function readPath(path: string, query: string): PathReading {
  if (!PLAIN_TEXT.test(path)) return NOWHERE;
  const segments = path.split('/').filter((segment) => segment !== '');
  if (segments.some(leadsElsewhere)) return NOWHERE;
  const [first, second] = segments;
  const isFolder = path.endsWith('/');
  if ((first === 'd' || first === 's') && second !== undefined && second.length <= LONGEST_CODE)
    return readSecretPath(first, second, { segments, isFolder, query });
  const name = segments.at(-1);
  if (name === undefined || isFolder || name.length > LONGEST_NAME) return NOWHERE;
  return { door: 'plain', name: readFileName(name, query) };
}

/** `.` and `..`, also where a parameter hides them from other parsers (`..;`), and drive letters. */
function leadsElsewhere(segment: string): boolean {
  return /^(?:\.{1,2}(?:;.*)?|[a-z]:)$/i.test(segment);
}

function readSecretPath(
  letter: 'd' | 's',
  code: string,
  path: { readonly segments: readonly string[]; readonly isFolder: boolean; readonly query: string },
): PathReading {
  const name = path.segments.length > 2 ? (path.segments.at(-1) ?? null) : null;
  if (name !== null && (path.isFolder || name.length > LONGEST_NAME)) return NOWHERE;
  if (letter === 'd') return { door: 'token', token: code, name };
  return { door: 'site', code, name: name === null ? null : readFileName(name, path.query) };
}

/** What a name says. `query` without its question mark. */
export function readFileName(text: string, query = ''): FileName {
  return readUsualName(text) ?? readAnyName(text, query);
}

const USUAL_NAME = /^([0-9a-f]{12})\.(cfg|boot)$/;

/** What nearly all requests are, without the search for a MAC in any place and spelling. */
function readUsualName(text: string): FileName | null {
  const [, digits = '', ending] = USUAL_NAME.exec(text) ?? [];
  const mac = digits.startsWith('00000000') ? null : parseMac(digits);
  return mac?.ok ? { text, kind: ending === 'cfg' ? 'config-device' : 'boot-device', mac: mac.value } : null;
}

function readAnyName(text: string, query: string): FileName {
  const inName = findMacInFileName(text);
  if (inName) return { text, kind: deviceKind(text, inName), mac: inName };
  const inQuery = macInQuery(query);
  if (inQuery) return { text, kind: 'config-device', mac: inQuery };
  return { text, kind: commonKind(text.toLowerCase()), mac: null };
}

function macInQuery(query: string): Mac | null {
  const value = /(?:^|&)mac=([0-9a-f:.-]{12,17})(?:&|$)/i.exec(query.replace(/%3a/gi, ':'))?.[1];
  const mac = value === undefined ? null : parseMac(value);
  return mac?.ok ? mac.value : null;
}

const PHONEBOOK = /(?:directory|contacts|phone-?book|address-?book)[^/]*$/i;
const UPLOAD = /(?:-(?:local|phone|web|calls|license)\.cfg|\.log|-calls\.xml)$/i;

function deviceKind(text: string, mac: Mac): NameKind {
  const name = canonicalName(text);
  if (name === mac) return 'device-default';
  if (name === `cfg${mac}`) return 'config-device-binary';
  if (name.endsWith('.boot')) return 'boot-device';
  if (UPLOAD.test(name)) return 'device-upload';
  return PHONEBOOK.test(name) ? 'phonebook-device' : 'config-device';
}

const COMMON_KINDS: readonly (readonly [RegExp, NameKind])[] = [
  [/\.boot$/, 'boot-common'],
  [/^(?:y?0{12}|cfg|cfg0{12}|aastra|startup)\.(?:cfg|xml|txt)$/, 'config-common'],
  [/\.(?:img|rom|ld|bin|fw|z|hex|swu|pkg|tar|tgz|gz)$/, 'firmware'],
  [PHONEBOOK, 'phonebook-common'],
  [
    /^(?:y0{4}\d{8}\.cfg|cfg[\w-]+\.xml|snom\w+\.(?:html?|xml)|spa\d\w+\.(?:cfg|xml)|kx-\w+\.cfg)$/,
    'config-model',
  ],
];

function commonKind(name: string): NameKind {
  return COMMON_KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? 'config-custom';
}

const SPELLED_MAC = /[0-9a-f]{2}([:\-._])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}/i;

/** A name in the spelling that files are stored under: lower case, a MAC without separators. */
export function canonicalName(text: string): string {
  return text.replace(SPELLED_MAC, (mac) => mac.replace(/[:\-._]/g, '')).toLowerCase();
}

/**
 * A request target as the timeline may show it: without origin and query, which can hold passwords, and with every
 * segment masked that stands where a token stands or looks like one; printable ASCII, 160 characters at most.
 */
export function maskPath(target: string): string {
  const path = target.slice(0, LONGEST_TARGET).replace(ORIGIN, '').replace(/\?.*$/s, '');
  return (decodeOnce(path) ?? path)
    .replaceAll('\\', '/')
    .replace(/(^|\/)d\/+[^/]+/g, '$1d/****')
    .replace(/[a-z2-7]{20,}/gi, '****')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 160);
}
