import { type NextRequest, NextResponse } from 'next/server';
import { contentSecurityPolicy } from './app/_server/content-security-policy.ts';
import { requestIdOf } from './app/_server/request-id.ts';

/**
 * Gives every page request its id and its nonce. Headers only: who may see what is decided by the gate of each page,
 * action and route (app/_server), because a proxy can be walked around.
 */
export function proxy(request: NextRequest): NextResponse {
  const nonce = btoa(crypto.randomUUID());
  const policy = contentSecurityPolicy(nonce, { development: process.env.NODE_ENV === 'development' });
  const headers = new Headers(request.headers);
  const requestId = requestIdOf(request.headers);
  headers.set('content-security-policy', policy);
  headers.set('x-request-id', requestId);
  headers.set('x-provost-path', request.nextUrl.pathname + request.nextUrl.search);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('Content-Security-Policy', policy);
  response.headers.set('X-Request-Id', requestId);
  return response;
}

export const config = { matcher: ['/((?!api/|_next/static|icon.svg).*)'] };
