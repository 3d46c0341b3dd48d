import { may, type Scope } from '#lib/domain/actor.ts';
import type { InputProblem, InputReading } from '#lib/domain/input-problem.ts';
import type { ProblemName } from '#lib/domain/problem.ts';
import type { StoreContext } from '#lib/store/context.ts';
import type { Refusal } from '#lib/store/outcome.ts';
import { isCursor, type PageRequest } from '#lib/store/page.ts';
import { findTokenActor } from '#lib/store/tokens.ts';
import { nearestName } from '#lib/system/nearest-name.ts';
import { readBody } from './body.ts';
import { storeContext, webContext } from './context.ts';
import { logFailure } from './failure.ts';
import { decodeSegment } from './path-segment.ts';
import { conditionOf, type ProblemMore, presenceOf, problemReply, type ReplyFacts } from './reply.ts';
import { requestIdOf } from './request-id.ts';

/** A request that has passed the gate. */
export interface Call<Body> {
  readonly store: StoreContext;
  /** Of the path, decoded; segments of a longer tail are joined with slashes. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** `limit` and `cursor` of a list. */
  readonly page: PageRequest;
  readonly body: Body;
  /** The version that If-Match names. */
  readonly version: number | undefined;
  /** Whether If-Match or If-None-Match with `*` insist that it is there, or not. */
  readonly presence: 'needed' | 'refused' | 'any';
  readonly requestId: string;
  problem(name: ProblemName, more?: ProblemMore): Response;
  refuse(refusal: Refusal): Response;
}

interface RouteOptions<Body> {
  readonly scope: Scope;
  /** Members of the query string; any other is refused. */
  readonly query?: readonly string[];
  readonly body?: (value: unknown) => InputReading<Body>;
}

interface NextContext {
  /** Undefined where the path has no variable part. */
  readonly params: Promise<Record<string, string | string[]> | undefined>;
}

/** A REST operation: token, scope, query, body, and the one place where its surprises end. Cookies mean nothing here. */
export function route<Body = null>(
  options: RouteOptions<Body>,
  answer: (call: Call<Body>) => Promise<Response>,
): (request: Request, context: NextContext) => Promise<Response> {
  return async (request, context) => {
    const requestId = requestIdOf(request.headers);
    const { pathname } = new URL(request.url);
    const facts = { requestId, instance: pathname };
    const response = await admit(request, { context, options, facts })
      .then((admitted) => (admitted instanceof Response ? admitted : answer(admitted)))
      .catch((error: unknown) => {
        const kind = logFailure(error, {
          requestId,
          doing: `${request.method} ${pathname}`,
        });
        return problemReply(facts, kind, kind === 'unavailable' ? RETRY : {});
      });
    response.headers.set('X-Request-Id', requestId);
    return response;
  };
}

const RETRY = {
  headers: { 'Retry-After': '5' },
  detail: 'The database cannot be reached; phones are still served.',
};

interface Admission<Body> {
  readonly context: NextContext;
  readonly options: RouteOptions<Body>;
  readonly facts: ReplyFacts;
}

/** Who, may they, and is what they ask readable: in this order, so that strangers learn nothing about the rest. */
async function admit<Body>(
  request: Request,
  { context, options, facts }: Admission<Body>,
): Promise<Response | Call<Body>> {
  const actor = await findActor(request.headers);
  if (!actor) return unauthenticated(facts, request.headers.has('authorization'));
  if (!may(actor, options.scope)) {
    return problemReply(facts, 'forbidden', {
      detail: `This needs a token with the scope "${options.scope}".`,
    });
  }
  const query = new URL(request.url).searchParams;
  const queryProblem = findQueryProblem(query, options.query ?? []);
  if (queryProblem) return problemReply(facts, 'bad-query', { detail: queryProblem });
  const body = await readInput(request, options, facts);
  if (body instanceof Response) return body;
  const condition = conditionOf(request.headers.get('if-match'));
  if (condition === 'none')
    return problemReply(facts, 'stale', {
      detail: 'If-Match names no version of it.',
    });
  return {
    store: storeContext(actor, { requestId: facts.requestId }),
    params: decodeParams((await context.params) ?? {}),
    query,
    page: {
      cursor: query.get('cursor'),
      limit: Number(query.get('limit') ?? 50),
    },
    body: body.value,
    version: condition === 'any' ? undefined : condition,
    presence: presenceOf(request.headers),
    requestId: facts.requestId,
    problem: (name, more) => problemReply(facts, name, more),
    refuse: (refusal) => problemReply(facts, refusal.reason, { errors: refusal.pointers }),
  };
}

async function findActor(headers: Headers) {
  const token = /^Bearer +([\x21-\x7e]+) *$/i.exec(headers.get('authorization') ?? '')?.[1];
  return token === undefined ? null : findTokenActor(webContext().database.db, token);
}

function unauthenticated(facts: ReplyFacts, wasGiven: boolean): Response {
  const challenge = wasGiven ? 'Bearer realm="provost", error="invalid_token"' : 'Bearer realm="provost"';
  const detail = wasGiven
    ? 'The token is unknown, expired or revoked.'
    : 'Send a header "Authorization: Bearer <token>".';
  return problemReply(facts, 'unauthenticated', {
    detail,
    headers: { 'WWW-Authenticate': challenge },
  });
}

const PAGING = ['limit', 'cursor'];

function findQueryProblem(query: URLSearchParams, names: readonly string[]): string | null {
  for (const name of new Set(query.keys())) {
    if (!names.includes(name)) {
      const nearest = nearestName(name, names);
      return `"${name}" does not exist${nearest === '' ? '' : `; did you mean "${nearest}"?`}`;
    }
    if (query.getAll(name).length > 1) return `"${name}" is there twice`;
  }
  const cursor = query.get('cursor');
  if (cursor !== null && !isCursor(cursor)) return '"cursor" must be the "nextCursor" of the page before';
  const limit = query.get('limit');
  const isLimit = limit === null || (/^\d{1,3}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= 200);
  return isLimit ? null : '"limit" must be a number from 1 to 200';
}

/** The members that every list has, and its own. */
export function listQuery(...names: readonly string[]): readonly string[] {
  return [...names, ...PAGING];
}

async function readInput<Body>(
  request: Request,
  options: RouteOptions<Body>,
  facts: ReplyFacts,
): Promise<Response | { readonly value: Body }> {
  if (!options.body) return { value: null as Body };
  const body = await readBody(request);
  if (!body.ok) return problemReply(facts, body.problem, { detail: body.detail });
  const reading = options.body(body.value);
  return reading.ok ? reading : refuseInput(facts, reading.problems);
}

/** A member that does not exist is a mistake in the program that calls (400); a bad value is one in its data (422). */
function refuseInput(facts: ReplyFacts, problems: readonly InputProblem[]): Response {
  const unknown = problems.filter((problem) => problem.code === 'unknown-member');
  const told = unknown.length > 0 ? unknown : problems;
  const errors = told.map(({ pointer, detail }) => ({ pointer, detail }));
  return problemReply(facts, unknown.length > 0 ? 'unknown-member' : 'invalid', { errors });
}

function decodeParams(params: Record<string, string | string[]>): Record<string, string> {
  const entries = Object.entries(params).map(([name, value]) => [name, decodeSegments(value)]);
  return Object.fromEntries(entries);
}

function decodeSegments(value: string | string[]): string {
  return [value].flat().map(decodeSegment).join('/');
}
