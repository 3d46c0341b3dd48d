import { expect, it } from 'vitest';
import { operations } from './operations.ts';

const NO_PATH = { params: Promise.resolve(undefined) };
const { DELETE, GET, OPTIONS, POST } = operations({
  GET: async () => new Response('a list'),
  POST: async () => new Response('made', { status: 201 }),
});

function ask(method: string): Request {
  return new Request('http://console.test/api/v1/sites', {
    method,
    headers: { 'x-request-id': 'billing-1' },
  });
}

it('answers the methods that a path has', async () => {
  expect(await (await GET(ask('GET'), NO_PATH)).text()).toBe('a list');
  expect((await POST(ask('POST'), NO_PATH)).status).toBe(201);
});

it('says 405 to the others, and which there are', async () => {
  const reply = await DELETE(ask('DELETE'), NO_PATH);
  expect(reply.status).toBe(405);
  expect(reply.headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST');
  expect(reply.headers.get('content-type')).toBe('application/problem+json');
  expect(reply.headers.get('x-request-id')).toBe('billing-1');
  expect(await reply.json()).toMatchObject({
    type: 'urn:provost:problem:method-not-allowed',
    instance: '/api/v1/sites',
  });
});

it('tells OPTIONS which there are', async () => {
  const reply = await OPTIONS(ask('OPTIONS'), NO_PATH);
  expect(reply.status).toBe(204);
  expect(reply.headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST');
});
