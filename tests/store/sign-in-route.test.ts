import { NextRequest } from 'next/server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerSignIn } from '../../app/_server/sign-in-route.ts';
import { openWebUnderTest, type WebUnderTest } from '../support/web-routes.ts';

let web: WebUnderTest;
beforeAll(async () => {
  web = await openWebUnderTest();
});
afterAll(() => web.close());

function ask(method: string, action: string, body?: string): Promise<Response> {
  const headers = { origin: 'http://console.test', host: 'console.test' };
  const request = new NextRequest(`http://console.test/api/auth/${action}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  return answerSignIn(request, { params: Promise.resolve({ nextauth: action.split('/') }) });
}

it.each([
  ['GET', 'callback/credentials'],
  ['GET', 'verify-request'],
  ['GET', '_log'],
  ['POST', '_log'],
  ['POST', 'callback/other'],
  ['POST', 'signin/credentials'],
])('answers only what signing in needs: %s %s is not there', async (method, action) => {
  const reply = await ask(method, action, method === 'POST' ? 'x=1' : undefined);
  expect(reply.status).toBe(404);
  expect(reply.headers.get('content-type')).toBe('application/problem+json');
});

it('reads no more than a form for an address and a password takes', async () => {
  expect((await ask('POST', 'callback/credentials', `password=${'x'.repeat(20_000)}`)).status).toBe(413);
});
