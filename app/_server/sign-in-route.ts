import type { NextRequest } from 'next/server';
import NextAuth from 'next-auth';
import { webContext } from './context.ts';
import { logFailure } from './failure.ts';
import { isOwnOrigin } from './origin-check.ts';
import { problemReply } from './reply.ts';
import { requestIdOf } from './request-id.ts';
import { authOptions } from './sign-in.ts';

interface Context {
  readonly params: Promise<{ nextauth: string[] }>;
}

/** NextAuth behind the same origin check and the same last catch as everything else. */
export async function answerSignIn(request: NextRequest, context: Context): Promise<Response> {
  const requestId = requestIdOf(request.headers);
  const facts = { requestId, instance: new URL(request.url).pathname };
  if (request.method !== 'GET' && !isOwnOrigin(request.headers, webContext().env.url)) {
    return problemReply(facts, 'foreign-origin', {
      detail: 'Sign in on the page of this console.',
    });
  }
  // The front door has cleaned the headers that tell under which address the console was asked.
  process.env.AUTH_TRUST_HOST = 'true';
  try {
    return await NextAuth(request, context, authOptions({ headers: request.headers, requestId }));
  } catch (error) {
    return problemReply(
      facts,
      logFailure(error, {
        requestId,
        doing: `${request.method} ${facts.instance}`,
      }),
    );
  }
}
