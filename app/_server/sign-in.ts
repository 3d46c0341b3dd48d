import type { NextAuthOptions } from 'next-auth';
import CredentialsProvider from 'next-auth/providers/credentials';
import { revokeSessionById, startSession } from '#lib/store/sessions.ts';
import { findSignIn } from '#lib/store/users.ts';
import { verifyPassword } from '#lib/system/passwords.ts';
import { webContext } from './context.ts';
import { logFailure } from './failure.ts';
import { SESSION_SECONDS, sessionCookie, sessionSecret } from './session-cookie.ts';

interface Request {
  readonly headers: Headers;
  readonly requestId: string;
}

/** What NextAuth does here: it checks a password, and keeps the id of the session row, and nothing else, in a JWT. */
export function authOptions({ headers, requestId }: Request): NextAuthOptions {
  const cookie = sessionCookie(headers);
  return {
    secret: sessionSecret(),
    useSecureCookies: cookie.options.secure,
    session: { strategy: 'jwt', maxAge: SESSION_SECONDS },
    cookies: { sessionToken: cookie },
    pages: { signIn: '/sign-in', signOut: '/sign-in', error: '/sign-in' },
    logger: {
      error: (code) => webContext().log.warn({ requestId, code }, 'sign-in was refused'),
      warn: () => undefined,
      debug: () => undefined,
    },
    providers: [
      CredentialsProvider({
        credentials: {
          email: { type: 'email' },
          password: { type: 'password' },
        },
        authorize: (given) =>
          signIn({ email: lineOf(given?.email), password: lineOf(given?.password) }, { headers, requestId }),
      }),
    ],
    callbacks: {
      jwt: ({ token, user }) => (user ? { sid: user.id } : { sid: token.sid }),
      session: ({ session }) => ({ expires: session.expires }),
    },
    events: {
      signOut: async ({ token }) => {
        if (typeof token?.sid === 'string') await revokeSessionById(webContext().database.db, token.sid);
      },
    },
  };
}

/**
 * The session row's id where NextAuth expects a user's. NextAuth shows a thrown message as the reason, so what is
 * thrown here is for people's eyes: `wait:<seconds>` or `unavailable`.
 */
async function signIn(
  given: { readonly email: string; readonly password: string },
  { headers, requestId }: Request,
): Promise<{ id: string } | null> {
  const { throttle } = webContext();
  const address = headers.get('x-forwarded-for') ?? '';
  const attempt = { email: given.email, address };
  const turn = throttle.begin(attempt);
  if (!turn.ok) throw new Error(`wait:${turn.waitSec}`);
  const session = await openSession(given, { headers, address }).catch((error: unknown) => {
    if (error instanceof Crowded) throw new Error(`wait:${CROWDED_SEC}`);
    logFailure(error, { requestId, doing: 'sign in' });
    throw new Error('unavailable');
  });
  if (session) throttle.succeed(attempt);
  return session;
}

const LONGEST_LINE = 1024;

/** What people can type; a form that was made up may hold anything, and what no account can have becomes nothing. */
function lineOf(given: unknown): string {
  const isLine = typeof given === 'string' && given.length <= LONGEST_LINE && given.isWellFormed();
  return isLine && !given.includes('\0') ? given : '';
}

async function openSession(
  given: { readonly email: string; readonly password: string },
  { headers, address }: { readonly headers: Headers; readonly address: string },
): Promise<{ id: string } | null> {
  const { database } = webContext();
  const user = await findSignIn(database.db, given.email);
  const isRight = await isPassword(given.password, user?.passwordHash ?? null);
  if (!isRight || !user || user.disabled) return null;
  const session = await startSession(database.db, {
    userId: user.id,
    address: address === '' ? null : address,
    userAgent: headers.get('user-agent')?.slice(0, 512) ?? null,
    lifetimeSec: SESSION_SECONDS,
  });
  return { id: session.id };
}

const CROWDED_SEC = 5;

/** So many sign in at once that this one must come again. */
class Crowded extends Error {}

async function isPassword(password: string, hash: string | null): Promise<boolean> {
  const turn = webContext().passwordTurns.take();
  if (turn === null) throw new Crowded();
  const end = await turn;
  try {
    return await verifyPassword(hash, password);
  } finally {
    end();
  }
}
