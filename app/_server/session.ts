import { cookies, headers } from 'next/headers';
import { forbidden, redirect } from 'next/navigation';
import { cache } from 'react';
import { type Actor, may, type Scope } from '#lib/domain/actor.ts';
import type { StoreContext } from '#lib/store/context.ts';
import { readSession, revokeSessionById } from '#lib/store/sessions.ts';
import { storeContext, webContext } from './context.ts';
import { requestIdOf } from './request-id.ts';
import { readSessionId, sessionCookie } from './session-cookie.ts';

/** What a page or action gets once it is clear who is asking. No gate, no database. */
export interface Gate {
  readonly store: StoreContext;
  readonly actor: Actor;
  readonly requestId: string;
}

/** The person who is signed in, with a database to work with; sends everybody else to the sign-in page. */
export async function requireUser(scope: Scope = 'read'): Promise<Gate> {
  const requestHeaders = await headers();
  const session = await readSignedIn();
  if (!session) return redirect(signInPath(requestHeaders.get('x-provost-path')));
  if (!may(session.actor, scope)) forbidden();
  const requestId = requestIdOf(requestHeaders);
  return {
    store: storeContext(session.actor, { requestId }),
    actor: session.actor,
    requestId,
  };
}

export interface LastingGate extends Gate {
  /** Reads the session again; unlike the gate itself, long after the request was answered too. */
  isStillSignedIn(): Promise<boolean>;
}

/** As `requireUser`, for answers that are no pages: null when nobody is signed in. */
export async function signedInGate(): Promise<LastingGate | null> {
  const id = await currentSessionId();
  const session = id === null ? null : await readReader(id);
  if (!session) return null;
  const requestId = requestIdOf(await headers());
  return {
    store: storeContext(session.actor, { requestId }),
    actor: session.actor,
    requestId,
    isStillSignedIn: async () => (await readReader(session.id)) !== null,
  };
}

async function readReader(id: string): Promise<Awaited<ReturnType<typeof readSession>>> {
  const session = await readSession(webContext().database.db, id);
  return session && may(session.actor, 'read') ? session : null;
}

/** Read from its row, once for each request. */
export const readSignedIn = cache(async () => {
  const id = await currentSessionId();
  return id === null ? null : readSession(webContext().database.db, id);
});

/** Ends the session and takes its cookie away. */
export async function endSession(): Promise<void> {
  const id = await currentSessionId();
  if (id !== null) await revokeSessionById(webContext().database.db, id);
  const { name, options } = sessionCookie(await headers());
  (await cookies()).set(name, '', { ...options, maxAge: 0 });
}

async function currentSessionId(): Promise<string | null> {
  const { name } = sessionCookie(await headers());
  return readSessionId((await cookies()).get(name)?.value);
}

/** Where to go on after signing in is only ever a path of this console. */
function signInPath(path: string | null): string {
  const isOurs = path !== null && /^\/(?![/\\])/.test(path) && path !== '/' && path.length <= 500;
  return isOurs ? `/sign-in?next=${encodeURIComponent(path)}` : '/sign-in';
}
