import { NextRequest } from 'next/server';
import NextAuth from 'next-auth';
import { readBytes } from './body.ts';
import { webContext } from './context.ts';
import { logFailure } from './failure.ts';
import { isOwnOrigin } from './origin-check.ts';
import { problemReply } from './reply.ts';
import { requestIdOf } from './request-id.ts';
import { authOptions } from './sign-in.ts';

interface Context {
  readonly params: Promise<{ nextauth: string[] }>;
}

/** What signing in and out asks for. NextAuth knows more: a log that anybody may write, and pages that nobody needs. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  GET: ['csrf', 'providers', 'session', 'signin', 'signout', 'error'],
  POST: ['callback/credentials', 'signout'],
};
/** An address, a password and a token. */
const LARGEST_FORM_BYTES = 16 * 1024;
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** NextAuth behind the same origin check and the same last catch as everything else. */
export async function answerSignIn(request: NextRequest, context: Context): Promise<Response> {
  const requestId = requestIdOf(request.headers);
  const facts = { requestId, instance: new URL(request.url).pathname };
  const action = (await context.params).nextauth.join('/');
  if (!ACTIONS[request.method]?.includes(action)) return problemReply(facts, 'not-found');
  if (request.method !== 'GET' && !isOwnOrigin(request.headers, webContext().env.url)) {
    return problemReply(facts, 'foreign-origin', {
      detail: 'Sign in on the page of this console.',
    });
  }
  const form = request.method === 'GET' ? null : await readBytes(request, LARGEST_FORM_BYTES);
  if (request.method !== 'GET' && form === null) return problemReply(facts, 'too-large', FORM_TOO_LARGE);
  // The front door has cleaned the headers that tell under which address the console was asked.
  process.env.AUTH_TRUST_HOST = 'true';
  try {
    const asked = form === null ? request : withForm(request, form);
    return await NextAuth(asked, context, authOptions({ headers: request.headers, requestId }));
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

const FORM_TOO_LARGE = { detail: 'An address and a password take less.' };

/** Whatever it says it is, it is read as a form: that cannot fail. */
function withForm(request: NextRequest, form: Buffer): NextRequest {
  const headers = new Headers(request.headers);
  headers.set('content-type', FORM_TYPE);
  headers.delete('content-length');
  return new NextRequest(request.url, { method: request.method, headers, body: Uint8Array.from(form) });
}
