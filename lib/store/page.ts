/** Keyset paging: a cursor names the last row of a page by the values that the list is ordered by. */

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

/** The values behind a cursor; null for the first page and for a cursor that is not one of ours. */
export function readCursor(request: PageRequest, parts: number): readonly string[] | null {
  if (!request.cursor) return null;
  const text = Buffer.from(request.cursor, 'base64url').toString('utf8');
  const values = parseList(text);
  return Array.isArray(values) &&
    values.length === parts &&
    values.every((value) => typeof value === 'string')
    ? values
    : null;
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
