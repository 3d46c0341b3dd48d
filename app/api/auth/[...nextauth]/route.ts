import type { NextRequest } from 'next/server';
import { answerSignIn } from '../../../_server/sign-in-route.ts';

interface Context {
  readonly params: Promise<{ nextauth: string[] }>;
}

function answer(request: NextRequest, context: Context): Promise<Response> {
  return answerSignIn(request, context);
}

export { answer as GET, answer as POST };
