/**
 * Every way in which the API says no: one entry per problem type (RFC 9457). Types are stable; docs/api/problems.md
 * tells what to do about each, and a test holds that page to this list.
 */
export const PROBLEMS = {
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  'unknown-member': { status: 400, title: 'The body has a member that does not exist' },
  'bad-query': { status: 400, title: 'The query string is not understood' },
  unauthenticated: { status: 401, title: 'A valid API token is needed' },
  forbidden: { status: 403, title: 'This is not allowed' },
  'foreign-origin': { status: 403, title: 'The request comes from another site' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'This path does not answer that method' },
  conflict: { status: 409, title: 'This is in conflict with something that exists' },
  'mac-in-use': { status: 409, title: 'The MAC address belongs to another device' },
  'wrong-state': { status: 409, title: 'The device is not in a state for this' },
  'in-use': { status: 409, title: 'Something still uses this' },
  stale: { status: 412, title: 'It was changed meanwhile' },
  'too-large': { status: 413, title: 'The body is too large' },
  'wrong-content-type': { status: 415, title: 'The body must be application/json' },
  invalid: { status: 422, title: 'The values are not valid' },
  'shared-account': { status: 422, title: 'Another line uses this account too' },
  unexpected: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'The database cannot be reached' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemName = keyof typeof PROBLEMS;

/** One place in the body that is wrong; `pointer` is a JSON pointer (RFC 6901). */
export interface ProblemPlace {
  readonly pointer: string;
  readonly detail: string;
}

/** The document of `application/problem+json`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly requestId: string;
  readonly errors?: readonly ProblemPlace[];
}

export interface ProblemFacts {
  readonly requestId: string;
  /** The path that was asked. */
  readonly instance: string;
  readonly detail?: string;
  readonly errors?: readonly ProblemPlace[];
}

export function problemType(name: ProblemName): string {
  return `urn:provost:problem:${name}`;
}

export function describeProblem(name: ProblemName, facts: ProblemFacts): Problem {
  const { status, title } = PROBLEMS[name];
  const errors = facts.errors && facts.errors.length > 0 ? { errors: facts.errors } : {};
  return {
    type: problemType(name),
    title,
    status,
    detail: facts.detail || facts.errors?.map((place) => place.detail).join('; ') || `${title}.`,
    instance: facts.instance,
    requestId: facts.requestId,
    ...errors,
  };
}
