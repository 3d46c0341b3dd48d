import type { FailureKind } from './failure.ts';

/** Next hands `digest`, and nothing else of an error, to the page that the person sees: `unavailable/<request id>`. */
export class PageFailure extends Error {
  readonly digest: string;

  constructor(kind: FailureKind, requestId: string) {
    super(kind);
    this.digest = `${kind}/${requestId}`;
  }
}

/** Whether the gate has made it, and so written it to the log. */
export function isPageFailure(error: unknown): boolean {
  return (
    error instanceof Error && 'digest' in error && /^(unavailable|unexpected)\//.test(String(error.digest))
  );
}
