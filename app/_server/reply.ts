import { describeProblem, PROBLEMS, type ProblemName, type ProblemPlace } from '#lib/domain/problem.ts';

/** Where a reply belongs: which request, which path. */
export interface ReplyFacts {
  readonly requestId: string;
  readonly instance: string;
}

export interface ProblemMore {
  readonly detail?: string;
  readonly errors?: readonly ProblemPlace[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** `application/problem+json` (RFC 9457). */
export function problemReply(facts: ReplyFacts, name: ProblemName, more: ProblemMore = {}): Response {
  const { headers, ...rest } = more;
  const problem = describeProblem(name, { ...facts, ...rest });
  return new Response(JSON.stringify(problem), {
    status: PROBLEMS[name].status,
    headers: {
      ...NEVER_STORED,
      'Content-Type': 'application/problem+json',
      ...headers,
    },
  });
}

interface JsonMore {
  readonly status?: number;
  /** Of a single resource: becomes its ETag. */
  readonly version?: number;
  readonly location?: string;
}

export function jsonReply(document: unknown, { status = 200, version, location }: JsonMore = {}): Response {
  const headers = new Headers({
    ...NEVER_STORED,
    'Content-Type': 'application/json',
  });
  if (version !== undefined) headers.set('ETag', etagOf(version));
  if (location !== undefined) headers.set('Location', location);
  return new Response(JSON.stringify(document), { status, headers });
}

export function textReply(text: string): Response {
  return new Response(text, {
    headers: { ...NEVER_STORED, 'Content-Type': 'text/plain; charset=utf-8' },
  });
}

const NEVER_STORED = { 'Cache-Control': 'no-store' };

export function etagOf(version: number): string {
  return `"v${version}"`;
}

/**
 * What `*` asks for (RFC 9110 sections 13.1.1 and 13.1.2): If-Match that the thing is there, If-None-Match that it is
 * not, so that a PUT only changes or only creates.
 */
export function presenceOf(headers: Headers): 'needed' | 'refused' | 'any' {
  if (headers.get('if-none-match')?.trim() === '*') return 'refused';
  return headers.get('if-match')?.trim() === '*' ? 'needed' : 'any';
}

/** `any`: no condition. A number: the version that must be current. `none`: a condition that no version fulfils. */
export type Condition = 'any' | 'none' | number;

/** Reads If-Match (RFC 9110 section 13.1.1). Of several tags the last one of ours counts. */
export function conditionOf(header: string | null): Condition {
  if (header === null || header.trim() === '*') return 'any';
  const versions = [...header.matchAll(/(?:^|,)\s*"v(\d{1,9})"\s*(?=,|$)/g)].map((match) => Number(match[1]));
  return versions.at(-1) ?? 'none';
}
