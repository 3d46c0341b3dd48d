import { problemReply } from './reply.ts';
import { requestIdOf } from './request-id.ts';
import type { route } from './route.ts';

const METHODS = ['DELETE', 'GET', 'PATCH', 'POST', 'PUT'] as const;
type Method = (typeof METHODS)[number];

type Operation = ReturnType<typeof route>;

/**
 * What one path answers. Every other method gets 405 with the methods that there are (RFC 9110 section 15.5.6), which
 * OPTIONS tells too.
 */
export function operations(
  answered: Readonly<Partial<Record<Method, Operation>>>,
): Record<Method | 'OPTIONS', Operation> {
  const allow = [
    ...METHODS.filter((method) => answered[method]),
    ...(answered.GET ? ['HEAD'] : []),
    'OPTIONS',
  ]
    .sort()
    .join(', ');
  async function refuseMethod(request: Request): Promise<Response> {
    const requestId = requestIdOf(request.headers);
    const { pathname } = new URL(request.url);
    return problemReply({ requestId, instance: pathname }, 'method-not-allowed', {
      detail: `${request.method} is not possible here, only ${allow}.`,
      headers: { Allow: allow, 'X-Request-Id': requestId },
    });
  }
  const of = (method: Method): Operation => answered[method] ?? refuseMethod;
  return {
    DELETE: of('DELETE'),
    GET: of('GET'),
    PATCH: of('PATCH'),
    POST: of('POST'),
    PUT: of('PUT'),
    OPTIONS: async () => new Response(null, { status: 204, headers: { Allow: allow } }),
  };
}
