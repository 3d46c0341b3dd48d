import { headers } from 'next/headers';
import { unstable_rethrow } from 'next/navigation';
import type { ReactNode } from 'react';
import type { Scope } from '#lib/domain/actor.ts';
import { logFailure } from './failure.ts';
import { PageFailure } from './page-failure.ts';
import { decodeSegment } from './path-segment.ts';
import { requestIdOf } from './request-id.ts';
import { type Gate, requireUser } from './session.ts';

interface NextProps<Params> {
  readonly params: Promise<Params>;
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export interface Visit<Params> {
  readonly params: Params;
  /** The first of each. */
  readonly query: Readonly<Record<string, string | undefined>>;
}

/** A page behind the gate. Whatever goes wrong inside ends here: in the log, and on the error page by its request id. */
export function page<Params extends Record<string, string> = Record<string, never>>(
  render: (gate: Gate, visit: Visit<Params>) => Promise<ReactNode>,
  { scope = 'read' }: { readonly scope?: Scope } = {},
): (props: NextProps<Params>) => Promise<ReactNode> {
  return async function GatedPage(props) {
    const params = decodeAll(await props.params);
    const query = firstOfEach(await props.searchParams);
    return guarded(async () => render(await requireUser(scope), { params, query }));
  };
}

/** The same for layouts, whose gate protects what they show themselves and nothing below them. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    unstable_rethrow(error);
    const requestHeaders = await headers();
    const requestId = requestIdOf(requestHeaders);
    const doing = `GET ${requestHeaders.get('x-provost-path') ?? ''}`;
    throw new PageFailure(logFailure(error, { requestId, doing }), requestId);
  }
}

function decodeAll<Params extends Record<string, string>>(params: Params): Params {
  const entries = Object.entries(params).map(([name, value]) => [name, decodeSegment(value)]);
  return Object.fromEntries(entries);
}

function firstOfEach(
  query: Record<string, string | string[] | undefined>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}
