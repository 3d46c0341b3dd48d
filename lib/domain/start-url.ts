import { fail, ok, type Result } from './result.ts';

/** What our macros stand for. `start` is what the vendor's phones must be sent; null where a value does not exist. */
export interface StartUrlValues {
  readonly start: string | null;
  /** `http://10.20.0.5:8080`, without a slash at the end. */
  readonly base: string;
  /** Host of the base, without port; IPv6 in brackets. */
  readonly host: string;
  /** The device's own URL token; null for a phone that is not in the inventory. */
  readonly token: string | null;
}

export type StartUrlRefusal =
  | 'unknown-macro'
  | 'macro-without-value'
  | 'not-one-line'
  | 'not-ascii'
  | 'backslash'
  | 'scheme'
  | 'too-long';

/** Panasonic takes no more (KX-HDV pre-provisioning guide); others are not known to take less. */
export const LONGEST_START_URL = 384;

const MACRO = /\{\{\s*([^{}]*?)\s*\}\}/g;

/**
 * Expands the URL of a profile rule: `{{start}}`, `{{base}}`, `{{host}}`, `{{token}}` are ours, single braces and `$MA`
 * are the phone's and pass through. The result is fit for the body of a NOTIFY: one line of %-encoded ASCII, scheme
 * http, https, tftp or ftp, at most 384 characters.
 * Fails with `unknown-macro` (at: its name), `macro-without-value` (at: its name), or what is wrong with the result.
 */
export function expandRuleUrl(url: string, values: StartUrlValues): Result<string, StartUrlRefusal> {
  for (const [, name = ''] of url.matchAll(MACRO)) {
    if (!isMacro(name)) return fail('unknown-macro', name);
    if (values[name] === null) return fail('macro-without-value', name);
  }
  const expanded = url.replaceAll(MACRO, (_, name: string) => (isMacro(name) ? (values[name] ?? '') : ''));
  if (expanded.includes('{{')) return fail('unknown-macro');
  return checkStartUrl(expanded.trim());
}

/** The rule of protocol for any URL that a phone is sent. Blanks and non-ASCII characters inside are %-encoded. */
export function checkStartUrl(url: string): Result<string, StartUrlRefusal> {
  if (hasControlCharacter(url)) return fail('not-one-line');
  if (!url.isWellFormed()) return fail('not-ascii');
  if (url.includes('\\')) return fail('backslash');
  const encoded = url.replace(/[^\x21-\x7e]+/g, encodeURIComponent);
  if (!/^(?:https?|tftp|ftp):\/\/[^/]/i.test(encoded)) return fail('scheme');
  if (encoded.length > LONGEST_START_URL) return fail('too-long');
  return ok(encoded);
}

/** Why a rule's URL cannot be sent, for people. */
export function describeStartUrlRefusal(reason: StartUrlRefusal, at: string | undefined): string {
  switch (reason) {
    case 'unknown-macro':
      return `{{${at ?? ''}}} is not one of {{start}}, {{base}}, {{host}}, {{token}}`;
    case 'macro-without-value':
      return `{{${at ?? ''}}} has no value for this phone`;
    case 'not-one-line':
      return 'the URL has more than one line';
    case 'not-ascii':
      return 'the URL has characters that cannot be encoded';
    case 'backslash':
      return 'the URL has a backslash';
    case 'scheme':
      return 'the URL does not begin with http, https, tftp or ftp and a host';
    case 'too-long':
      return `the URL is longer than ${LONGEST_START_URL} characters`;
  }
}

function isMacro(name: string): name is keyof StartUrlValues {
  return name === 'start' || name === 'base' || name === 'host' || name === 'token';
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\x7f');
}
