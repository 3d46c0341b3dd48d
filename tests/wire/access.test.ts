import { afterEach, expect, test } from 'vitest';
import { createFileHttpServer } from '../../sip-worker/files/http-server.ts';
import { createFileWorker, type FileWorkerOptions } from '../support/file-worker.ts';
import { request } from '../support/raw-http.ts';
import { servedDevice, servedSite } from '../support/replica-view.ts';

const PHONES = Array.from(
  { length: 20 },
  (_, index) => `805ec000${(index * 100).toString(16).padStart(4, '0')}`,
);
const SITE = servedSite('default', { networks: ['10.20.0.0/16'] });
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A worker behind a trusted proxy on loopback, so that a test can ask from any address. */
async function startServer(options: FileWorkerOptions = {}) {
  const worker = createFileWorker({
    devices: PHONES.map((mac) => servedDevice(mac)),
    sites: [SITE],
    proxies: ['127.0.0.0/8'],
    ...options,
  });
  const server = createFileHttpServer({ ...worker.hooks, pages: null });
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
  closers.push(() => server.close(0));
  async function get(path: string, from: string) {
    return request({ port }, path, { headers: { 'X-Forwarded-For': from } });
  }
  return { worker, get };
}

test('whoever walks through a block of MACs from outside gets no secret and learns nothing', async () => {
  const { worker, get } = await startServer();
  const seen = new Set<string>();
  for (let index = 0; index < 500; index += 1) {
    const answer = await get(`/805ec000${index.toString(16).padStart(4, '0')}.cfg`, '198.51.100.7');
    seen.add(answer.raw.toString().replace(/^Date: .*\r\n/m, ''));
  }
  expect([...seen]).toHaveLength(1);
  expect([...seen][0]).toMatch(/^HTTP\/1\.1 404 /);
  const told = worker.facts.filter((fact) => !fact.quiet);
  expect(told.filter((fact) => fact.reasonCode === 'throttled')).toHaveLength(1);
  expect(told.length).toBeLessThanOrEqual(61);
});

test("whoever walks through it inside the site's networks is stopped, and the phones there are not", async () => {
  const { get } = await startServer();
  const statuses: number[] = [];
  for (let index = 0; index < 300; index += 1)
    statuses.push((await get(`/805ec000${index.toString(16).padStart(4, '0')}.cfg`, '10.20.0.66')).status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  const phones = PHONES.map((mac, index) => get(`/${mac}.cfg`, `10.20.1.${index}`));
  expect((await Promise.all(phones)).map((answer) => answer.status)).toEqual(PHONES.map(() => 200));
  const [mac = ''] = PHONES.slice(-1);
  expect((await get(`/d/token-${mac}/${mac}.cfg`, '10.20.0.66')).status).toBe(200);
});

test("a site's code serves while its window is open, and from its networks after that", async () => {
  const { worker, get } = await startServer();
  const [mac = ''] = PHONES;
  const path = `/s/code-default/${mac}.cfg`;
  expect((await get(path, '198.51.100.7')).status).toBe(404);
  worker.replica.put({ site: { ...SITE, enrolmentUntil: new Date(Date.now() + 60_000).toISOString() } });
  expect((await get(path, '198.51.100.7')).status).toBe(200);
  worker.replica.put({ site: { ...SITE, enrolmentUntil: '2020-01-01T00:00:00Z' } });
  expect((await get(path, '198.51.100.7')).status).toBe(404);
  expect((await get(path, '10.20.0.9')).status).toBe(200);
  expect(worker.facts.map((fact) => fact.reasonCode)).toEqual([
    'enrolment-closed',
    null,
    'enrolment-closed',
    null,
  ]);
});

test('a phone behind the proxy is remembered by its own address, not by that of the proxy', async () => {
  const { worker, get } = await startServer();
  const [mac = ''] = PHONES;
  await get(`/${mac}.cfg`, '10.20.0.9');
  await worker.untilFacts(1);
  expect(worker.replica.view.findDeviceByAddress('10.20.0.9')?.mac).toBe(mac);
  expect(worker.replica.view.findDeviceByAddress('127.0.0.1')).toBeNull();
});
