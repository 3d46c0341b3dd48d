import { webContext } from './context.ts';

/** Why something unexpected happened, as far as the person in front of it can do anything about it. */
export type FailureKind = 'unavailable' | 'unexpected';

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ENOENT',
  'ETIMEDOUT',
  'EPIPE',
  '08001',
  '08006',
  '53300',
  '57P01',
  '57P02',
  '57P03',
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
]);
const UNREACHABLE_TEXT =
  /Connection terminated|timeout exceeded when trying to connect|Can't reach database/i;

export function failureKind(error: unknown): FailureKind {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth += 1) {
    if (UNREACHABLE.has(codeOf(cause)) || UNREACHABLE_TEXT.test(cause.message)) return 'unavailable';
    if (cause instanceof AggregateError && cause.errors.some(isUnreachable)) return 'unavailable';
  }
  return 'unexpected';
}

function isUnreachable(error: unknown): boolean {
  return failureKind(error) === 'unavailable';
}

interface FailureFacts {
  readonly requestId: string;
  /** What was being done, `GET /api/v1/devices`. */
  readonly doing: string;
}

/** Writes a surprise to the log, once, at the edge where it ends. */
export function logFailure(error: unknown, { requestId, doing }: FailureFacts): FailureKind {
  const kind = failureKind(error);
  const { log } = webContext();
  if (kind === 'unavailable')
    log.warn({ requestId, doing, code: codeOf(error) }, 'the database cannot be reached');
  else log.error({ requestId, doing, ...describeError(error) }, 'a request failed');
  return kind;
}

/** Messages of database clients can quote the values of a query, so only their names and codes are told. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const isDatabase = /^Prisma|DriverAdapter|DatabaseError/.test(error.name);
  return {
    name: error.name,
    digest: 'digest' in error ? error.digest : undefined,
    code: codeOf(error),
    message: isDatabase ? undefined : error.message,
    at: error.stack
      ?.split('\n')
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 8),
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
