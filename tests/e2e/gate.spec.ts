import { readFileSync } from 'node:fs';
import { callApi, putDevice } from './api-client.ts';
import { readFacts } from './installation-facts.ts';
import { RECEPTION } from './reception.ts';
import { expect, test } from './signed-in.ts';

/** Every page and route that the build holds, from its own manifest: a new one is walked without being added here. */
const ROUTES = Object.keys(readManifest('app-paths-manifest.json'));
const OPEN = [
  '/(auth)/sign-in/page',
  '/_not-found/page',
  '/_global-error/page',
  '/api/[...rest]/route',
  '/api/auth/[...nextauth]/route',
  '/api/health/route',
  '/icon.svg/route',
];

/** Ways round the gates of frameworks, some of which once worked. */
const BYPASSES: Record<string, string>[] = [
  {},
  { 'x-middleware-subrequest': Array.from({ length: 5 }, () => 'middleware').join(':') },
  { 'x-middleware-subrequest': Array.from({ length: 5 }, () => 'proxy').join(':') },
  { rsc: '1', 'next-router-prefetch': '1' },
  { rsc: '1', 'next-router-segment-prefetch': '/_tree' },
  { 'x-nextjs-data': '1', 'x-matched-path': '/sign-in', 'x-invoke-path': '/sign-in' },
  { 'x-forwarded-host': 'localhost', 'x-forwarded-for': '127.0.0.1' },
];

function readManifest(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(`.next/server/${name}`, 'utf8'));
}

function addressOf(route: string, id: string): string {
  return (
    route
      .replace(/\/\([^)]+\)/g, '')
      .replace(/\/(page|route)$/, '')
      .replace('[mac]', '0021f222b01d')
      .replace('[...slug]', 'flyingvoice/fip14g')
      .replace('[name]', '0021f222b01d.cfg')
      .replace(/\[\w+\]/, id) || '/'
  );
}

test('no page and no route shows a stranger anything, whatever headers come', async ({ request }) => {
  const { id } = await putDevice('0021f222b01d', { ...RECEPTION, label: 'Shown to nobody' });
  const guarded = ROUTES.filter((route) => !OPEN.includes(route));
  expect(guarded.length).toBeGreaterThan(30);
  for (const route of guarded) {
    for (const headers of BYPASSES) {
      const address = addressOf(route, id);
      const answer = await request.get(address, { headers, maxRedirects: 0, failOnStatusCode: false });
      const text = await answer.text();
      const place = `${address} ${JSON.stringify(headers)}: ${answer.status()}`;
      // A payload that is streamed can hold a redirect instead of being one; it must hold nothing else.
      const isRedirectInside =
        answer.status() === 200 && text.includes('NEXT_REDIRECT') && text.includes('/sign-in');
      const isTree = headers['next-router-segment-prefetch'] !== undefined && !text.includes('Phone');
      expect([307, 401, 403, 404, 405].includes(answer.status()) || isRedirectInside || isTree, place).toBe(
        true,
      );
      expect(text, place).not.toContain('Shown to nobody');
      expect(text, place).not.toContain('pbx.example.net');
    }
  }
});

test('no server action does anything for a stranger or for another site', async ({
  signedIn: page,
  request,
}) => {
  const { id, version } = await putDevice('0021f222b0ab', { ...RECEPTION, label: 'Stays active', lines: [] });
  const cookies = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const { webUrl } = readFacts();
  const actions = Object.keys(readManifest('server-reference-manifest.json').node as object);
  expect(actions.length).toBeGreaterThan(3);
  const body = JSON.stringify([{ id, version }]);
  for (const action of actions) {
    const common = { 'next-action': action, 'content-type': 'text/plain;charset=UTF-8' };
    const attempts: Record<string, string>[] = [
      { ...common, origin: webUrl },
      { ...common, cookie: cookies, origin: 'https://evil.example' },
      { ...common, cookie: cookies, origin: 'null' },
      { ...common, cookie: cookies },
    ];
    for (const headers of attempts) {
      const answer = await request.post(`/phones/${id}`, { headers, data: body, maxRedirects: 0 });
      expect(await answer.text(), JSON.stringify(headers)).not.toContain('"ok":true');
    }
  }
  const device = await callApi('GET', `/devices/${id}`).then((reply) => reply.json());
  expect(device).toMatchObject({ state: 'active', version });
  await page.goto('/phones');
  await expect(page.getByRole('heading', { name: 'Phones', level: 1 })).toBeVisible();
});

test('the API takes no notice of a session', async ({ signedIn: page }) => {
  const answer = await page.request.get('/api/v1/devices');
  expect(answer.status()).toBe(401);
});

test('names from outside are text on every page', async ({ signedIn: page }) => {
  const hostile = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}\u202e';
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  const said: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') said.push(message.text());
  });
  const { id } = await putDevice('0021f222b0ac', {
    ...RECEPTION,
    label: hostile,
    person: hostile,
    tags: [hostile],
    lines: [
      { index: 1, userName: '1088', label: hostile, displayName: hostile, sipServer: 'pbx.example.net' },
    ],
    keys: [{ index: 2, type: 'blf', value: hostile, label: hostile.slice(0, 60) }],
  });
  for (const path of [
    '/phones',
    ...['', '/lines', '/files', '/timeline'].map((tab) => `/phones/${id}${tab}`),
  ]) {
    await page.goto(path);
    await expect(page.getByText('onerror=alert(1)').first()).toBeVisible();
  }
  expect(dialogs).toEqual([]);
  expect(said).toEqual([]);
});
