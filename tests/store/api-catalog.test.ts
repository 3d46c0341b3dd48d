import { afterAll, beforeAll, expect, it } from 'vitest';
import { webContext } from '../../app/_server/context.ts';
import { type CallInit, type Method, openWebUnderTest, type WebUnderTest } from '../support/web-routes.ts';

let web: WebUnderTest;
let token: string;

const MODEL = {
  slug: 'flyingvoice/fip14g',
  vendor: 'flyingvoice',
  name: 'FIP14G',
  spellings: ['fip14g'],
  lines: 16,
  keys: 60,
};

beforeAll(async () => {
  web = await openWebUnderTest();
  token = await web.newToken(['write']);
  await webContext().database.db.phoneModel.create({ data: MODEL });
});
afterAll(() => web.close());

async function call(method: Method, path: string, init: CallInit = {}) {
  const reply = await web.call(method, `/api/v1${path}`, { token, ...init });
  const text = await reply.text();
  return {
    status: reply.status,
    etag: reply.headers.get('etag'),
    location: reply.headers.get('location'),
    json: JSON.parse(text),
  };
}

it('makes a site and a registrar, changes and deletes them', async () => {
  const site = await call('POST', '/sites', {
    body: { slug: 'branch', name: 'Branch', networks: ['10.20.0.0/24'] },
  });
  expect(site.status).toBe(201);
  expect(site.location).toBe(`/api/v1/sites/${site.json.id}`);
  expect(site.json).toMatchObject({
    slug: 'branch',
    networks: ['10.20.0.0/24'],
    bootstrapCode: expect.any(String),
  });
  const registrar = await call('POST', '/registrars', {
    body: { site: 'branch', name: 'PBX', host: 'pbx.example.net' },
  });
  expect(registrar.status).toBe(201);
  const listed = await call('GET', '/registrars?site=branch');
  expect(listed.json.data).toMatchObject([{ host: 'pbx.example.net', site: 'branch' }]);
  const patched = await call('PATCH', '/sites/branch', {
    body: { name: 'Branch office' },
    headers: { 'if-match': String(site.etag) },
  });
  expect(patched.status).toBe(200);
  expect(patched.json).toMatchObject({ name: 'Branch office', effect: { affected: 0, job: null } });
  const stale = await call('PATCH', '/sites/branch', {
    body: {},
    headers: { 'if-match': String(site.etag) },
  });
  expect(stale.status).toBe(412);
  expect((await call('PATCH', `/registrars/${registrar.json.id}`, { body: { port: 5061 } })).json.port).toBe(
    5061,
  );
  expect((await call('DELETE', `/registrars/${registrar.json.id}`)).status).toBe(200);
  expect((await call('DELETE', '/sites/branch')).status).toBe(200);
  expect((await call('GET', '/sites/branch')).status).toBe(404);
});

it('makes a profile rule in the shape that outside systems send', async () => {
  const rule = await call('POST', '/profile-rules', {
    body: {
      name: 'Flyingvoice at HQ',
      order: 5,
      enabled: true,
      match: { vendor: 'flyingvoice', network: '10.20.0.0/24', known: true },
      url: '{{start}}',
      unknown: 'discover',
    },
  });
  expect(rule.status).toBe(201);
  const path = `/profile-rules/${rule.json.id}`;
  expect((await call('GET', '/profile-rules')).json.data.map(({ name }: { name: string }) => name)).toContain(
    'Flyingvoice at HQ',
  );
  const patched = await call('PATCH', path, { body: { enabled: false } });
  expect(patched.json).toMatchObject({ enabled: false, match: { vendor: 'flyingvoice' } });
  expect((await call('DELETE', path)).status).toBe(200);
  expect((await call('GET', path)).status).toBe(404);
});

it('keeps a template a draft until it is published', async () => {
  const made = await call('POST', '/templates', {
    body: {
      name: '{mac}.cfg',
      kind: 'cfg',
      vendor: 'flyingvoice',
      models: [],
      mode: 'merge',
      body: 'a.b={{ mac }}\n',
    },
  });
  expect(made.status).toBe(201);
  expect(made.json).toMatchObject({ publishedVersion: null });
  const path = `/templates/${made.json.id}`;
  const published = await call('POST', `${path}/publish`, { body: {} });
  expect(published.status).toBe(200);
  expect(published.json).toMatchObject({ publishedVersion: 1, effect: { affected: 0, job: null } });
  const drafted = await call('PATCH', path, { body: { body: 'a.b=2\n' } });
  expect(drafted.json).toMatchObject({ publishedVersion: 1, draft: 'a.b=2\n' });
  expect((await call('GET', path)).etag).toBe(drafted.etag);
});

it('answers a publication of more than twenty devices with 202 and a job', async () => {
  const { db } = webContext().database;
  for (let at = 10; at < 31; at += 1) {
    const mac = `0021f20002${at}`;
    expect(
      (await call('PUT', `/devices/by-mac/${mac}`, { body: { model: MODEL.slug, site: 'default' } })).status,
    ).toBe(201);
  }
  expect(await db.device.count()).toBe(21);
  const made = await call('POST', '/templates', {
    body: {
      name: 'time.cfg',
      kind: 'cfg',
      vendor: 'flyingvoice',
      models: [],
      mode: 'merge',
      body: 'a.c=1\n',
    },
  });
  const published = await call('POST', `/templates/${made.json.id}/publish`);
  expect(published.status).toBe(202);
  expect(published.location).toBe(`/api/v1/jobs/${published.json.effect.job.id}`);
  const job = await call('GET', `/jobs/${published.json.effect.job.id}`);
  expect(job.json).toMatchObject({ state: expect.stringMatching(/running|done/), total: 21 });
});

it('tells models, one by its slug with or without an escaped slash', async () => {
  expect((await call('GET', '/models?vendor=flyingvoice')).json.data).toMatchObject([
    { slug: MODEL.slug, lines: 16 },
  ]);
  expect((await call('GET', '/models/flyingvoice/fip14g')).json.name).toBe('FIP14G');
  expect((await call('GET', '/models/flyingvoice%2Ffip14g')).json.name).toBe('FIP14G');
});
