/** Reading a body from outside: every problem at once, each with a JSON pointer, and no surprise for a misspelt name. */
import type { z } from 'zod';

export interface InputProblem {
  /** RFC 6901: `/lines/0/password`. */
  readonly pointer: string;
  readonly detail: string;
  readonly code: 'invalid' | 'unknown-member';
}

export type InputReading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly InputProblem[] };

export interface InputShape<T> {
  readonly schema: z.ZodType<T>;
  /**
   * Names of members by the path of their object without list positions: '' is the body, `lines` an element of its
   * list. Suggestions for misspelt names are taken from here.
   */
  readonly members: Readonly<Record<string, readonly string[]>>;
  /** Members of replies that a body may repeat; they are dropped. Same paths. */
  readonly readOnly?: Readonly<Record<string, readonly string[]>>;
}

/** Reads one body. Never throws. */
export function readInput<T>(shape: InputShape<T>, body: unknown): InputReading<T> {
  const parsed = shape.schema.safeParse(dropReadOnly(body, shape.readOnly ?? {}, ''));
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, problems: parsed.error.issues.flatMap((issue) => describeIssue(issue, shape.members)) };
}

export function problem(path: readonly PropertyKey[], detail: string): InputProblem {
  return { pointer: toPointer(path), detail, code: 'invalid' };
}

export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function dropReadOnly(
  value: unknown,
  readOnly: Readonly<Record<string, readonly string[]>>,
  path: string,
): unknown {
  if (Array.isArray(value)) return value.map((element) => dropReadOnly(element, readOnly, path));
  if (typeof value !== 'object' || value === null) return value;
  const dropped = readOnly[path] ?? [];
  const kept = Object.entries(value).filter(([name]) => !dropped.includes(name));
  return Object.fromEntries(
    kept.map(([name, member]) => [
      name,
      dropReadOnly(member, readOnly, path === '' ? name : `${path}.${name}`),
    ]),
  );
}

function describeIssue(
  issue: z.core.$ZodIssue,
  members: Readonly<Record<string, readonly string[]>>,
): readonly InputProblem[] {
  if (issue.code === 'invalid_key')
    return [problem(issue.path, `as a name, ${issue.issues[0]?.message ?? 'is not valid'}`)];
  if (issue.code !== 'unrecognized_keys') return [problem(issue.path, issue.message)];
  const place = issue.path.filter((part) => typeof part === 'string').join('.');
  return issue.keys.map((name) => {
    const suggestion = suggestName(name, members[place] ?? []);
    const hint = suggestion === null ? '' : `; did you mean "${suggestion}"?`;
    const detail = `there is no member "${name}"${hint}`;
    return { pointer: toPointer([...issue.path, name]), detail, code: 'unknown-member' };
  });
}

/** The name that is most like what was written, null when none is near: more than half of it would have to change. */
export function suggestName(written: string, names: readonly string[]): string | null {
  const distances = names.map((name) => ({ name, edits: countEdits(written, name) }));
  const nearest = distances.sort((a, b) => a.edits - b.edits)[0];
  return nearest && nearest.edits * 2 <= Math.max(written.length, nearest.name.length) ? nearest.name : null;
}

const LONGEST_COMPARED = 64;

/** Insertions, deletions, substitutions and swapped neighbours, upper and lower case being the same. */
function countEdits(one: string, other: string): number {
  const a = one.slice(0, LONGEST_COMPARED).toLowerCase();
  const b = other.slice(0, LONGEST_COMPARED).toLowerCase();
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          (above[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (above[column - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    before = above;
    above = current;
  }
  return above[b.length] ?? 0;
}
