import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Operation, openWebUnderTest, type WebUnderTest } from '../support/web-routes.ts';

let web: WebUnderTest;
let readToken: string;
let writeToken: string;

beforeAll(async () => {
  web = await openWebUnderTest();
  readToken = await web.newToken(['read']);
  writeToken = await web.newToken(['write']);
});
afterAll(() => web.close());

/** Known ways round a framework's own gates; here they must change nothing. */
const BYPASSES: Record<string, string>[] = [
  {},
  { 'x-middleware-subrequest': Array.from({ length: 5 }, () => 'proxy').join(':') },
  { 'x-middleware-subrequest': Array.from({ length: 5 }, () => 'middleware').join(':') },
  { 'next-action': 'x', 'x-nextjs-data': '1', rsc: '1', 'next-router-prefetch': '1' },
  { 'next-router-segment-prefetch': '/_tree', 'x-invoke-status': '200', 'x-matched-path': '/' },
  { cookie: 'provost.session=planted' },
];
const ID = '11111111-1111-4111-8111-111111111111';

function urlOf({ path }: Operation): string {
  return path
    .replace('[mac]', '0021f222b01d')
    .replace('[...slug]', 'flyingvoice/fip14g')
    .replace('[name]', 'a.cfg')
    .replace(/\[\w+\]/g, ID);
}

describe('every operation of the API', () => {
  it('is refused to strangers, whatever headers they send', async () => {
    expect(web.operations.length).toBeGreaterThan(35);
    for (const operation of web.operations) {
      for (const headers of BYPASSES) {
        const reply = await web.call(operation.method, urlOf(operation), { headers });
        expect(reply.status, `${operation.method} ${operation.path}`).toBe(401);
        expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/);
        expect(reply.headers.get('content-type')).toBe('application/problem+json');
        expect(await reply.json()).toMatchObject({
          type: 'urn:provost:problem:unauthenticated',
          status: 401,
        });
      }
    }
  });

  it('is refused to a token that nobody made', async () => {
    for (const operation of web.operations) {
      const reply = await web.call(operation.method, urlOf(operation), { token: 'pvt_live_guess' });
      expect(reply.status).toBe(401);
      expect(reply.headers.get('www-authenticate')).toContain('invalid_token');
    }
  });

  it('changes nothing for a token that may only read', async () => {
    for (const operation of web.operations.filter(({ method }) => method !== 'GET')) {
      for (const headers of BYPASSES) {
        const reply = await web.call(operation.method, urlOf(operation), {
          token: readToken,
          headers,
          body: {},
        });
        expect(reply.status, `${operation.method} ${operation.path}`).toBe(403);
      }
    }
  });

  it('finds nothing that is not there', async () => {
    for (const operation of web.operations.filter(({ path }) => path.includes('['))) {
      const url = urlOf(operation);
      if (operation.method === 'PUT') continue;
      const token = operation.path.includes('reveal') ? await web.newToken(['reveal']) : writeToken;
      const body = operation.path.includes('reveal') ? { reason: 'a test' } : {};
      const reply = await web.call(operation.method, url, {
        token,
        ...(operation.method === 'GET' || operation.method === 'DELETE' ? {} : { body }),
      });
      expect(reply.status, `${operation.method} ${operation.path}`).toBe(404);
    }
  });
});

describe('a body', () => {
  const send = (body: unknown, headers: Record<string, string> = {}) =>
    web.call('PUT', '/api/v1/devices/by-mac/0021f222b01d', { token: writeToken, body, headers });

  it.each([
    ['{"label": "a",}', 'line 1, column 15'],
    ['{\n"label": nope}', 'line 2, column 10'],
    ['\ufeff{}', 'line 1, column 1'],
  ])('that is not JSON is 400 with the place: %j', async (body, at) => {
    const reply = await send(body);
    expect(reply.status).toBe(400);
    const problem = await reply.json();
    expect(problem.type).toBe('urn:provost:problem:malformed-json');
    expect(problem.detail).toContain(at);
  });

  it('that is too deep, holds a key twice or reaches for a prototype is 400', async () => {
    const bodies = [
      `${'['.repeat(33)}${']'.repeat(33)}`,
      '{"label":"a","label":"b"}',
      '{"__proto__":{"label":"x"}}',
    ];
    for (const body of bodies) expect((await send(body)).status, body).toBe(400);
  });

  it('of another content type is 415', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const reply = await send('{}', { 'content-type': type });
      expect(reply.status, type).toBe(415);
    }
    expect(
      (await send('{}', { 'content-type': 'application/merge-patch+json; charset=utf-8' })).status,
    ).not.toBe(415);
  });

  it('of more than a mebibyte is 413', async () => {
    const reply = await send(JSON.stringify({ label: 'x'.repeat(1024 * 1024) }));
    expect(reply.status).toBe(413);
  });

  it('with a member that does not exist is 400 with the one that was meant', async () => {
    const reply = await send({ lines: [{ index: 1, pasword: 'x' }] });
    expect(reply.status).toBe(400);
    const problem = await reply.json();
    expect(problem.type).toBe('urn:provost:problem:unknown-member');
    expect(problem.errors[0].pointer).toBe('/lines/0/pasword');
    expect(problem.errors[0].detail).toContain('"password"');
  });

  it('with values that cannot be is 422 with a pointer to each', async () => {
    const reply = await send({ lines: [{ index: 1, sipPort: 99999 }, { index: 0 }], state: 'gone' });
    expect(reply.status).toBe(422);
    const { errors } = await reply.json();
    const pointers = errors.map(({ pointer }: { pointer: string }) => pointer);
    expect(pointers).toEqual(expect.arrayContaining(['/lines/0/sipPort', '/lines/1/index', '/state']));
  });
});

describe('a request', () => {
  it('keeps the id that it came with, or gets one', async () => {
    const own = await web.call('GET', '/api/v1/sites', {
      token: readToken,
      headers: { 'x-request-id': 'billing-4711' },
    });
    expect(own.headers.get('x-request-id')).toBe('billing-4711');
    const bad = await web.call('GET', '/api/v1/sites', { headers: { 'x-request-id': 'a b<c>' } });
    const { requestId } = await bad.json();
    expect(requestId).toBe(bad.headers.get('x-request-id'));
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('with a query that does not exist is 400 with the one that was meant', async () => {
    const reply = await web.call('GET', '/api/v1/devices?limt=3', { token: readToken });
    expect(reply.status).toBe(400);
    expect((await reply.json()).detail).toContain('"limit"');
    for (const limit of ['0', '201', '-1', 'x', '1e2']) {
      expect((await web.call('GET', `/api/v1/devices?limit=${limit}`, { token: readToken })).status).toBe(
        400,
      );
    }
  });

  it('with a cursor that no page gave is 400, and one of another list begins again', async () => {
    const list = (cursor: unknown) => {
      const text =
        typeof cursor === 'string' ? cursor : Buffer.from(JSON.stringify(cursor)).toString('base64url');
      return web.call('GET', `/api/v1/devices?cursor=${text}`, { token: readToken });
    };
    for (const cursor of ['x', '%00', '', [7]]) expect((await list(cursor)).status, String(cursor)).toBe(400);
    for (const cursor of [
      ['2026-99-99 00:00:00+00', ID],
      ['2026-02-30T00:00:00.000Z', ID],
      ['a\0', ID],
    ])
      expect((await list(cursor)).status, String(cursor)).toBe(200);
  });
});
