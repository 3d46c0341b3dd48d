import { fail, ok, type Result } from '#lib/domain/result.ts';

/** The revision that a query names; undefined is the current one. */
export function revisionOf(text: string | null): Result<number | undefined> {
  if (text === null) return ok(undefined);
  return /^\d{1,9}$/.test(text) ? ok(Number(text)) : fail('"revision" must be a number');
}
