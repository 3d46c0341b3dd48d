import { encode } from 'next-auth/jwt';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { SYSTEM } from '#lib/domain/actor.ts';
import { revokeSessionById, startSession } from '#lib/store/sessions.ts';
import { createUser } from '#lib/store/users.ts';
import { changeStream } from '../../app/_server/change-stream.ts';
import { storeContext, webContext } from '../../app/_server/context.ts';
import { sessionSecret } from '../../app/_server/session-cookie.ts';
import { openWebUnderTest, type WebUnderTest } from '../support/web-routes.ts';

/** As the framework has it: a request's headers can be read until it is answered, and not after. */
const request = vi.hoisted(() => ({ cookie: '', isAnswered: false }));
vi.mock('next/headers', () => {
  const whileOpen = <T>(value: T): T => {
    if (request.isAnswered) throw new Error('`headers` was called outside a request scope');
    return value;
  };
  return {
    headers: async () => whileOpen(new Headers()),
    cookies: async () => whileOpen({ get: () => ({ value: request.cookie }) }),
  };
});

let web: WebUnderTest;
beforeAll(async () => {
  web = await openWebUnderTest();
});
afterAll(() => web.close());

async function signIn(): Promise<string> {
  const made = await createUser(storeContext(SYSTEM, { requestId: 'test' }), {
    email: 'anna@example.net',
    password: 'correct horse battery',
    grants: [{ role: 'read-only', site: null }],
  });
  if (!made.ok) throw new Error(made.reason);
  const session = await startSession(webContext().database.db, {
    ...{ userId: made.user.id, address: null, userAgent: null, lifetimeSec: 60 },
  });
  request.cookie = await encode({ token: { sid: session.id }, secret: sessionSecret() });
  return session.id;
}

it('follows changes for as long as the session lasts, and no longer', async () => {
  const sessionId = await signIn();
  const follow = changeStream(async () => 'mark', { lookEveryMs: 5 });
  const reply = await follow(new Request('http://console.test/changes'));
  request.isAnswered = true;
  const lines = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
  const seen: string[] = [];
  while (!seen.includes(': still here\n\n')) {
    const { value, done } = (await lines?.read()) ?? {};
    expect(done).toBe(false);
    seen.push(String(value));
  }
  expect(seen).toContain('event: change\ndata: {}\n\n');
  await revokeSessionById(webContext().database.db, sessionId);
  for (let end = await lines?.read(); !end?.done; ) end = await lines?.read();
});
