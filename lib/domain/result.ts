/** An expected outcome is returned, never thrown. `at` names the place: a field path, `line:column`, or a header. */
export type Result<T, Reason extends string = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: Reason; readonly at?: string };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function fail<Reason extends string>(
  reason: Reason,
  at?: string,
): { readonly ok: false; readonly reason: Reason; readonly at?: string } {
  return at === undefined ? { ok: false, reason } : { ok: false, reason, at };
}
