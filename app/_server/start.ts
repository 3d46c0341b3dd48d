import { webContext } from './context.ts';
import { logFailure } from './failure.ts';
import { cleanRequests } from './front-door.ts';
import { isPageFailure } from './page-failure.ts';

export function openWeb(): void {
  cleanRequests(webContext().env.trustedProxies);
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What the gate has caught is in the log already. */
export function logUncaught(error: unknown, { method, path, headers }: Request): void {
  if (isPageFailure(error)) return;
  const requestId = String(headers['x-request-id'] ?? 'unknown');
  logFailure(error, { requestId, doing: `${method} ${path.split('?')[0]}` });
}
