import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { webContext } from '../../app/_server/context.ts';
import { type CallInit, type Method, openWebUnderTest, type WebUnderTest } from '../support/web-routes.ts';

let web: WebUnderTest;
let token: string;

const MODEL = {
  slug: 'flyingvoice/fip14g',
  vendor: 'flyingvoice',
  name: 'FIP14G',
  spellings: [],
  lines: 16,
  keys: 60,
};
const LINE = {
  index: 1,
  userName: '1001',
  password: 'canary-password',
  sipServer: 'pbx.example.net',
  sipPort: 5060,
  transport: 'udp',
};
const PHONE = {
  model: MODEL.slug,
  site: 'default',
  label: 'Reception',
  lines: [LINE],
  keys: [{ index: 2, type: 'blf', line: 1, value: '1002', label: 'Bob', pickupValue: '*8' }],
  variables: { timezone: 'Europe/Berlin' },
  tags: ['lobby'],
};

beforeAll(async () => {
  web = await openWebUnderTest();
  token = await web.newToken(['write', 'reveal']);
  await webContext().database.db.phoneModel.create({ data: MODEL });
});
afterAll(() => web.close());

async function call(method: Method, path: string, init: CallInit = {}) {
  const reply = await web.call(method, `/api/v1${path}`, { token, ...init });
  const text = await reply.text();
  return {
    status: reply.status,
    etag: reply.headers.get('etag'),
    headers: reply.headers,
    text,
    json: JSON.parse(text),
  };
}

describe('PUT by MAC', () => {
  it('makes a device once, whatever the spelling of its MAC, and never tells its password', async () => {
    const made = await call('PUT', '/devices/by-mac/0021f2000001', { body: PHONE });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`/api/v1/devices/${made.json.id}`);
    expect(made.json).toMatchObject({
      mac: '0021f2000001',
      site: 'default',
      label: 'Reception',
      tags: ['lobby'],
    });
    expect(made.json.lines[0]).toMatchObject({ index: 1, userName: '1001', hasPassword: true });
    expect(made.json.publication).toHaveProperty('state');
    expect(made.json).toHaveProperty('revision');
    expect(made.json.servedRevision).toEqual({});
    for (const spelling of [
      '00:21:F2:00:00:01',
      '00-21-f2-00-00-01',
      '0021.f200.0001',
      '00%3A21%3Af2%3A00%3A00%3A01',
    ]) {
      const again = await call('PUT', `/devices/by-mac/${spelling}`, { body: PHONE });
      expect(again.status, spelling).toBe(200);
      expect(again.json.id).toBe(made.json.id);
      expect(again.etag).toBe(made.etag);
      expect(again.text).not.toContain('canary');
    }
  });

  it('changes nothing when it is given what GET told', async () => {
    const { json: made } = await call('PUT', '/devices/by-mac/0021f2000002', { body: PHONE });
    const told = await call('GET', '/devices/by-mac/0021f2000002');
    const put = await call('PUT', '/devices/by-mac/0021f2000002', { body: told.json });
    expect(put.status).toBe(200);
    expect(put.json).toEqual(told.json);
    expect(put.json.version).toBe(made.version);
  });

  it('keeps what is absent, clears what is null, and takes a list as the whole', async () => {
    const { json: made } = await call('PUT', '/devices/by-mac/0021f2000003', { body: PHONE });
    const lines = [
      { index: 1, label: 'Desk' },
      { ...LINE, index: 2, userName: '1002' },
    ];
    const put = await call('PUT', '/devices/by-mac/0021f2000003', {
      body: { lines, tags: null, keys: [] },
    });
    expect(put.json).toMatchObject({ id: made.id, label: 'Reception', tags: [], keys: [] });
    expect(put.json.lines).toMatchObject([
      { label: 'Desk', userName: '1001', hasPassword: true },
      { userName: '1002' },
    ]);
  });

  it('refuses a path that holds no MAC', async () => {
    for (const mac of ['0021f222b0', 'reception', '000000000000', 'ffffffffffff']) {
      expect((await call('PUT', `/devices/by-mac/${mac}`, { body: PHONE })).status, mac).toBe(422);
      expect((await call('GET', `/devices/by-mac/${mac}`)).status, mac).toBe(404);
    }
  });

  it('says where a value is wrong that only the database can judge', async () => {
    const model = await call('PUT', '/devices/by-mac/0021f2000004', {
      body: { ...PHONE, model: 'flyingvoice/nope' },
    });
    expect(model.status).toBe(422);
    expect(model.json.errors).toMatchObject([{ pointer: '/model' }]);
    const site = await call('PUT', '/devices/by-mac/0021f2000004', { body: { ...PHONE, site: 'nowhere' } });
    expect(site.status).toBe(422);
    expect(site.json.errors).toMatchObject([{ pointer: '/site' }]);
  });
});

describe('a token of one site', () => {
  it('sees nothing outside, and is not told who has a MAC', async () => {
    const { json: made } = await call('PUT', '/devices/by-mac/0021f2000010', { body: PHONE });
    const customer = await call('POST', '/sites', { body: { slug: 'customer', name: 'Customer' } });
    expect(customer.status).toBe(201);
    const theirs = await web.newToken(['write', 'reveal'], 'customer');
    const asThem = (method: Method, path: string, body?: unknown) =>
      call(method, path, { token: theirs, body });
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { label: 'x' }],
      ['DELETE', '', undefined],
      ['GET', '/files', undefined],
      ['GET', '/events', undefined],
      ['POST', '/suspend', {}],
      ['POST', '/rotate-token', {}],
      ['POST', '/reveal-secrets', { reason: 'curiosity' }],
    ] as const) {
      expect((await asThem(method, `/devices/${made.id}${path}`, body)).status, `${method} ${path}`).toBe(
        404,
      );
    }
    const taken = await asThem('PUT', '/devices/by-mac/0021f2000010', { ...PHONE, site: 'customer' });
    expect(taken.status).toBe(409);
    expect(taken.json.type).toBe('urn:provost:problem:mac-in-use');
    expect(taken.text).not.toMatch(/Reception|default|Headquarters/);
    expect((await asThem('GET', '/devices')).json.data).toEqual([]);
    expect((await asThem('GET', '/sites/default')).status).toBe(404);
  });
});

describe('ETag and If-Match', () => {
  it('let the first of two writers through and tell the second', async () => {
    const made = await call('PUT', '/devices/by-mac/0021f2000020', { body: PHONE });
    const headers = { 'if-match': String(made.etag) };
    const path = `/devices/${made.json.id}`;
    const first = await call('PATCH', path, { body: { label: 'First' }, headers });
    expect(first.status).toBe(200);
    expect(first.etag).not.toBe(made.etag);
    const second = await call('PATCH', path, { body: { label: 'Second' }, headers });
    expect(second.status).toBe(412);
    expect((await call('PUT', '/devices/by-mac/0021f2000020', { body: PHONE, headers })).status).toBe(412);
    expect((await call('DELETE', path, { headers })).status).toBe(412);
    expect((await call('GET', path)).json.label).toBe('First');
    const any = await call('PATCH', path, { body: { label: 'Any' }, headers: { 'if-match': '*' } });
    expect(any.status).toBe(200);
    expect((await call('PATCH', path, { body: {}, headers: { 'if-match': '"other"' } })).status).toBe(412);
  });
});

describe('the life of a device', () => {
  it('is suspended, resumed and retired, and its MAC is free again', async () => {
    const { json: made } = await call('PUT', '/devices/by-mac/0021f2000030', { body: PHONE });
    const path = `/devices/${made.id}`;
    expect((await call('POST', `${path}/suspend`)).json.state).toBe('suspended');
    expect((await call('POST', `${path}/resume`, { body: {} })).json.state).toBe('active');
    expect((await call('DELETE', path)).json.state).toBe('retired');
    expect((await call('POST', `${path}/resume`)).status).toBe(409);
    const again = await call('PUT', '/devices/by-mac/0021f2000030', { body: PHONE });
    expect(again.status).toBe(201);
    expect(again.json.id).not.toBe(made.id);
  });

  it('shows secrets with a reason and the right scope alone', async () => {
    const { json: made } = await call('PUT', '/devices/by-mac/0021f2000031', { body: PHONE });
    const path = `/devices/${made.id}/reveal-secrets`;
    expect((await call('POST', path, { body: {} })).status).toBe(422);
    const writer = await web.newToken(['write']);
    expect((await call('POST', path, { token: writer, body: { reason: 'curiosity' } })).status).toBe(403);
    const revealed = await call('POST', path, { body: { reason: 'a handset was swapped' } });
    expect(revealed.status).toBe(200);
    expect(revealed.json.lines).toMatchObject([{ index: 1, userName: '1001', password: 'canary-password' }]);
    const rotated = await call('POST', `/devices/${made.id}/rotate-token`, { body: { revoke: true } });
    expect(rotated.status).toBe(200);
    const after = await call('POST', path, { body: { reason: 'after the rotation' } });
    expect(after.json.token).not.toBe(revealed.json.token);
    expect(rotated.text).not.toContain(after.json.token);
  });
});

describe('text that no database holds', () => {
  it.each([
    ['approve', { label: 'a\0b' }, '/label'],
    ['approve', { site: 'a\0b' }, '/site'],
    ['approve', { model: 'a\0/b' }, '/model'],
    ['approve', { label: '\ud800' }, '/label'],
    ['reveal-secrets', { reason: 'because\0' }, '/reason'],
  ])('is 422 for %s with %j', async (action, body, pointer) => {
    const reply = await call('POST', `/devices/11111111-1111-4111-8111-111111111111/${action}`, { body });
    expect(reply.status).toBe(422);
    expect(reply.json.errors).toMatchObject([{ pointer }]);
  });
});

describe('a PUT that insists', () => {
  it('with If-None-Match: * creates only, with If-Match: * changes only', async () => {
    const path = '/devices/by-mac/0021f2000077';
    const body = { model: MODEL.slug, site: 'default' };
    const send = async (headers: Record<string, string>) =>
      (await call('PUT', path, { body, headers })).status;
    expect(await send({ 'if-match': '*' })).toBe(412);
    expect((await call('GET', path)).status).toBe(404);
    expect(await send({ 'if-none-match': '*' })).toBe(201);
    expect(await send({ 'if-none-match': '*' })).toBe(412);
    expect(await send({ 'if-match': '*' })).toBe(200);
  });
});

describe('lists', () => {
  it('are paged by keys without losing or repeating any', async () => {
    for (let at = 0; at < 7; at += 1) {
      await call('PUT', `/devices/by-mac/0021f20001${at}0`, {
        body: { model: MODEL.slug, site: 'default', label: `Page ${at}`, tags: ['paged'] },
      });
    }
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await call('GET', `/devices?tag=paged&limit=3${query}`);
      expect(page.status).toBe(200);
      seen.push(...page.json.data.map(({ label }: { label: string }) => label));
      cursor = page.json.nextCursor;
    }
    expect(seen.sort()).toEqual(Array.from({ length: 7 }, (_, at) => `Page ${at}`));
  });

  it('find a device by its MAC in any spelling, by its site, and by its state', async () => {
    const labels = async (query: string) =>
      (await call('GET', `/devices?${query}`)).json.data.map(({ label }: { label: string }) => label);
    expect(await labels('q=00:21:F2:00:01:00')).toEqual(['Page 0']);
    expect(await labels('q=0021.f200.0100')).toEqual(['Page 0']);
    expect(await labels('tag=paged&site=default')).toHaveLength(7);
    expect(await labels('tag=paged&state=suspended')).toEqual([]);
    expect((await call('GET', '/devices?state=gone')).status).toBe(400);
    expect((await call('GET', '/devices?site=nowhere')).status).toBe(400);
  });
});
