/**
 * Boot files of Flyingvoice and Yealink phones: which cfg files a phone loads, in which order. Later ones override
 * equal parameters of earlier ones (Flyingvoice Auto Provisioning Guide; Yealink administrator guides, "Boot Files").
 */

export interface BootInclude {
  /** One-based. */
  readonly line: number;
  readonly written: string;
  /** Absolute and %-encoded, fit to be requested; user and password of the boot file's own URL are kept. */
  readonly resolved: string;
}

/** An include behind `[T46S, T48S]`, while the phone's model is not known. */
export interface ConditionalInclude extends BootInclude {
  readonly models: readonly string[];
}

export type BootRemarkCode =
  | 'byte-order-mark'
  | 'no-version-header'
  | 'unknown-version-header'
  | 'no-includes'
  | 'repeated-include'
  | 'no-space'
  | 'trailing-text'
  | 'control-character'
  | 'unclosed-bracket'
  | 'unknown-directive'
  | 'missing-delimiter'
  | 'unbalanced-delimiter'
  | 'empty-name'
  | 'not-cfg'
  | 'scheme'
  | 'leaves-root'
  | 'overwrite-mode';

/** `line` is null when the file as a whole is meant. */
export interface BootRemark {
  readonly line: number | null;
  readonly code: BootRemarkCode;
  readonly text: string;
}

export interface BootFile {
  readonly includes: readonly BootInclude[];
  readonly conditional: readonly ConditionalInclude[];
  /** Yealink's `overwrite_mode`; null when the file does not say. */
  readonly overwriteMode: 0 | 1 | null;
  readonly warnings: readonly BootRemark[];
  /** A line with an error includes nothing; the other lines still count. */
  readonly errors: readonly BootRemark[];
}

/** The file's own URL, and the phone's model as its boot files spell it (`T46S`), null when it is not known. */
export interface BootFilePlace {
  readonly url: string;
  readonly model: string | null;
}

/** Reads a boot file. Never throws; what a phone would stumble over is an error with its line. */
export function parseBootFile(text: string, place: BootFilePlace): BootFile {
  const draft: Draft = { includes: [], conditional: [], overwriteMode: null, warnings: [], errors: [] };
  const hasMark = text.startsWith('\ufeff');
  const lines = (hasMark ? text.slice(1) : text).split(/\r\n|\n|\r/);
  if (hasMark) warn(draft, null, 'byte-order-mark', 'a byte order mark stands before the first line');
  checkHeader(draft, lines[0] ?? '');
  let directives = 0;
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    directives += 1;
    const refused = readDirective(draft, { line, number: index + 1 }, place);
    if (refused) draft.errors.push({ line: index + 1, code: refused.code, text: refused.text });
  }
  if (directives === 0) warn(draft, null, 'no-includes', 'the file includes nothing');
  return draft;
}

/** The same URL with its password hidden, for logs. */
export function hidePassword(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/@:]*):[^/@]*@/i, '$1:***@');
}

interface Draft {
  includes: BootInclude[];
  conditional: ConditionalInclude[];
  overwriteMode: 0 | 1 | null;
  warnings: BootRemark[];
  errors: BootRemark[];
}

interface NumberedLine {
  readonly line: string;
  readonly number: number;
}

function warn(draft: Draft, line: number | null, code: BootRemarkCode, text: string): void {
  draft.warnings.push({ line, code, text });
}

/** Why a line includes nothing. */
interface Refusal {
  readonly ok: false;
  readonly code: BootRemarkCode;
  readonly text: string;
}

function refusal(code: BootRemarkCode, text: string): Refusal {
  return { ok: false, code, text };
}

/** Firmware with this header wants it in the first line, unchanged; to older firmware it is a comment. */
function checkHeader(draft: Draft, first: string): void {
  const version = /^#!version:(.*)$/.exec(first)?.[1];
  if (version === undefined)
    warn(draft, null, 'no-version-header', 'the first line is not #!version:1.0.0.1');
  else if (version.trim() !== '1.0.0.1')
    warn(draft, 1, 'unknown-version-header', `version ${version.trim()} is not known to phones`);
}

function readDirective(draft: Draft, { line, number }: NumberedLine, place: BootFilePlace): Refusal | null {
  if (hasControlCharacter(line)) return refusal('control-character', 'control character');
  const condition = readCondition(line);
  if (condition === null) return refusal('unclosed-bracket', 'unclosed [');
  const directive = condition.rest.trim();
  if (/^overwrite_mode\b/.test(directive)) return readOverwriteMode(draft, directive);
  const argument = /^include:config(?![\w-])(.*)$/.exec(directive)?.[1];
  if (argument === undefined) return refusal('unknown-directive', 'unknown directive');
  return readInclude(draft, { number, argument, models: condition.models }, place);
}

function hasControlCharacter(line: string): boolean {
  return [...line].some((character) => character !== '\t' && (character < ' ' || character === '\x7f'));
}

/** `[T42S, T41S]rest`; null when the bracket does not close. No bracket: no models. */
function readCondition(line: string): { readonly models: readonly string[]; readonly rest: string } | null {
  const text = line.trimStart();
  if (!text.startsWith('[')) return { models: [], rest: text };
  const end = text.indexOf(']');
  if (end === -1) return null;
  const models = text
    .slice(1, end)
    .split(',')
    .map((model) => model.trim())
    .filter((model) => model !== '');
  return { models, rest: text.slice(end + 1) };
}

function readOverwriteMode(draft: Draft, directive: string): Refusal | null {
  const value = /^overwrite_mode\s*=\s*([01])\s*$/.exec(directive)?.[1];
  if (value === undefined) return refusal('overwrite-mode', 'overwrite_mode must be 0 or 1');
  draft.overwriteMode = value === '1' ? 1 : 0;
  return null;
}

interface IncludeLine {
  readonly number: number;
  readonly argument: string;
  readonly models: readonly string[];
}

const CLOSING: Readonly<Record<string, string>> = { '<': '>', '"': '"' };

function readInclude(
  draft: Draft,
  { number, argument, models }: IncludeLine,
  place: BootFilePlace,
): Refusal | null {
  const target = argument.trimStart();
  const closing = CLOSING[target.charAt(0)];
  if (closing === undefined) return refusal('missing-delimiter', 'missing delimiter');
  const end = target.indexOf(closing, 1);
  if (end === -1) return refusal('unbalanced-delimiter', 'unbalanced delimiter');
  const written = target.slice(1, end);
  const resolved = resolveInclude(written, place.url);
  if (!resolved.ok) return resolved;
  if (target === argument) warn(draft, number, 'no-space', 'no space before delimiter');
  if (target.slice(end + 1).trim() !== '') warn(draft, number, 'trailing-text', 'text after the file name');
  addInclude(draft, { line: number, written, resolved: resolved.url }, { models, model: place.model });
  return null;
}

function addInclude(
  draft: Draft,
  include: BootInclude,
  { models, model }: { readonly models: readonly string[]; readonly model: string | null },
): void {
  if (models.length > 0 && model === null) {
    draft.conditional.push({ ...include, models });
    return;
  }
  if (models.length > 0 && !models.some((one) => one.toLowerCase() === model?.toLowerCase())) return;
  if (draft.includes.some((other) => other.resolved === include.resolved))
    warn(draft, include.line, 'repeated-include', 'file already included');
  draft.includes.push(include);
}

const SCHEMES = ['http:', 'https:', 'tftp:', 'ftp:'];

function resolveInclude(
  written: string,
  base: string,
): { readonly ok: true; readonly url: string } | Refusal {
  if (written.trim() === '') return refusal('empty-name', 'empty file name');
  const url = URL.parse(written, base);
  if (url === null || !SCHEMES.includes(url.protocol)) return refusal('scheme', 'scheme not allowed');
  if (!url.pathname.toLowerCase().endsWith('.cfg'))
    return refusal('not-cfg', 'included file must end in .cfg');
  if (leavesRoot(written, base)) return refusal('leaves-root', 'path leaves the provisioning root');
  return { ok: true, url: url.href };
}

/** URL parsers stop at the root without a word (RFC 3986 5.2.4); a phone's may not. */
function leavesRoot(written: string, base: string): boolean {
  const path = /^[a-z][a-z0-9+.-]*:\/\/[^/]*(.*)$/i.exec(written)?.[1] ?? written;
  const isRelative = path === written && !path.startsWith('/');
  let depth = isRelative ? (URL.parse(base)?.pathname ?? '/').split('/').length - 2 : 0;
  for (const segment of path.split(/[/\\]/).slice(0, -1)) {
    if (/^(\.|%2e){2}$/i.test(segment)) depth -= 1;
    else if (segment !== '' && !/^(\.|%2e)$/i.test(segment)) depth += 1;
    if (depth < 0) return true;
  }
  return false;
}
