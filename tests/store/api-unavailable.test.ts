import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { webContext } from '../../app/_server/context.ts';
import { GET as health } from '../../app/api/health/route.ts';
import { GET as listDevices } from '../../app/api/v1/devices/route.ts';

beforeAll(() => {
  process.env.DATABASE_URL = 'postgresql://nobody:nothing@127.0.0.1:1/none';
  process.env.PROVOST_SECRET_KEY = randomBytes(32).toString('base64');
  vi.spyOn(webContext().log, 'warn').mockImplementation(() => undefined);
});
afterAll(async () => {
  await webContext().database.close();
  globalThis.provostWeb = undefined;
});

it('says that the database cannot be reached, and when to try again', async () => {
  const request = new Request('http://console.test/api/v1/devices', {
    headers: { authorization: 'Bearer any' },
  });
  const reply = await listDevices(request, { params: Promise.resolve({}) });
  expect(reply.status).toBe(503);
  expect(reply.headers.get('retry-after')).toBe('5');
  expect(await reply.json()).toMatchObject({
    type: 'urn:provost:problem:unavailable',
    requestId: expect.any(String),
  });
});

it('is not healthy, and says no more than that', async () => {
  const reply = await health();
  expect(reply.status).toBe(503);
  expect(await reply.json()).toEqual({ status: 'unavailable' });
});
