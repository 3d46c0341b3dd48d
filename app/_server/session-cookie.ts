import { decode } from 'next-auth/jwt';
import { webContext } from './context.ts';

export const SESSION_SECONDS = 12 * 60 * 60;

interface SessionCookie {
  readonly name: string;
  readonly options: {
    readonly httpOnly: true;
    readonly sameSite: 'lax';
    readonly path: '/';
    readonly secure: boolean;
  };
}

/** Over TLS the name has the prefix that binds a cookie to this very host (RFC 6265bis, section 4.1.3.2). */
export function sessionCookie(headers: Headers): SessionCookie {
  const secure = headers.get('x-forwarded-proto') === 'https';
  return {
    name: secure ? '__Host-provost.session' : 'provost.session',
    options: { httpOnly: true, sameSite: 'lax', path: '/', secure },
  };
}

export function sessionSecret(): string {
  return webContext().vault.deriveSecret('next-auth').toString('base64');
}

/** The session row's id in a cookie's value; null when it was not made here or is too old. */
export async function readSessionId(value: string | undefined): Promise<string | null> {
  if (value === undefined || value === '') return null;
  const token = await decode({ token: value, secret: sessionSecret() }).catch(() => null);
  return typeof token?.sid === 'string' ? token.sid : null;
}
