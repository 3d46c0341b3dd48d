/** Keyset paging: a cursor names the last row of a page by the values that the list is ordered by. */

import { isId } from './reach.ts';

export interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
}

export interface PageRequest {
  readonly cursor?: string | null | undefined;
  /** 1 to 200; 50 unless given. */
  readonly limit?: number | undefined;
}

const DEFAULT_LIMIT = 50;
const LARGEST_LIMIT = 200;

export function pageLimit(request: PageRequest): number {
  return Math.min(Math.max(Math.trunc(request.limit ?? DEFAULT_LIMIT), 1), LARGEST_LIMIT);
}

/** What a part of a cursor is, so that a made-up one never reaches a query that cannot take it. */
export type CursorPart = 'text' | 'id' | 'time' | 'time-or-never' | 'number' | 'big-number';

const NUMBER = /^\d{1,9}$/;
const BIG_NUMBER = /^\d{1,18}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** As Postgres spells what is before every time. */
export const NEVER = '-infinity';

const FITS: Readonly<Record<CursorPart, (value: string) => boolean>> = {
  text: (value) => value.isWellFormed() && !value.includes('\0'),
  id: isId,
  time: isTime,
  'time-or-never': (value) => value === NEVER || isTime(value),
  number: (value) => NUMBER.test(value),
  'big-number': (value) => BIG_NUMBER.test(value),
};

/** The values behind a cursor; null for the first page and for a cursor that is not one of this list. */
export function readCursor(request: PageRequest, parts: readonly CursorPart[]): readonly string[] | null {
  const values = request.cursor ? decodeCursor(request.cursor) : null;
  const isOurs = values?.length === parts.length && parts.every((part, at) => FITS[part](values[at] ?? ''));
  return isOurs ? values : null;
}

/** Whether a text can be the `nextCursor` of any list. */
export function isCursor(text: string): boolean {
  return decodeCursor(text) !== null;
}

function decodeCursor(cursor: string): readonly string[] | null {
  const values = parseList(Buffer.from(cursor, 'base64url').toString('utf8'));
  return Array.isArray(values) && values.every((value) => typeof value === 'string') ? values : null;
}

/** A time that exists: 30 February reads as a time too, and is written as another. */
function isTime(text: string): boolean {
  if (!TIME.test(text)) return false;
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text;
}

/** @param rows one more than the page holds, if there are that many. */
export function toPage<Row, T>(
  rows: readonly Row[],
  limit: number,
  options: { readonly keyOf: (row: Row) => readonly string[]; readonly toItem: (row: Row) => T },
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const nextCursor =
    last === undefined ? null : Buffer.from(JSON.stringify(options.keyOf(last))).toString('base64url');
  return { data: shown.map(options.toItem), nextCursor };
}

function parseList(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // JSON.parse has no other way to say that a cursor was made up.
    return null;
  }
}
