/** The outcome of reading something from the network; the same shape as the domain's, so that both mix freely. */
export type SipResult<T, Reason extends string = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: Reason; readonly at?: string };

export function accept<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function refuse<Reason extends string>(
  reason: Reason,
  at?: string,
): { readonly ok: false; readonly reason: Reason; readonly at?: string } {
  return at === undefined ? { ok: false, reason } : { ok: false, reason, at };
}
