import type { Page } from '@playwright/test';
import { callApi, putDevice } from './api-client.ts';
import { RECEPTION } from './reception.ts';
import { expect, test } from './signed-in.ts';

/** React calls its own builds canaries, so ours have another name. */
const CANARY = /coalmine-/;

const PHONE = {
  ...RECEPTION,
  label: 'Secrets',
  lines: RECEPTION.lines.map((line) => ({ ...line, userName: '1077', password: 'coalmine-line-password' })),
  variables: { adminPassword: 'coalmine-variable' },
};

test('no secret is in any page, payload or reply', async ({ signedIn: page }) => {
  const { id } = await putDevice('0021f222cafe', PHONE);
  const bodies = watchBodies(page);
  for (const tab of ['', '/lines', '/files', '/files?file=0021f222cafe.boot', '/timeline']) {
    await page.goto(`/phones/${id}${tab}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  }
  await page.goto(`/phones/${id}`);
  for (const name of ['Lines and keys', 'Files', 'Timeline', 'Overview']) {
    await page.getByRole('navigation', { name: 'Phone' }).getByRole('link', { name }).click();
    await page.waitForLoadState('networkidle');
  }
  const told = await Promise.all(bodies);
  expect(told.length).toBeGreaterThan(8);
  expect(told.filter(({ text }) => CANARY.test(text)).map(({ url }) => url)).toEqual([]);
});

test('the API tells that there is a password, and masks it in files', async () => {
  const { id } = await putDevice('0021f222cafe', PHONE);
  const paths = ['', '/files', '/files/0021f222cafe.cfg', '/files/0021f222cafe.cfg/provenance', '/events'];
  for (const path of paths) {
    const reply = await callApi('GET', `/devices/${id}${path}`);
    expect(reply.status, path).toBe(200);
    expect(await reply.text(), path).not.toMatch(CANARY);
  }
  const masked = await callApi('GET', `/devices/${id}/files/0021f222cafe.cfg`).then((reply) => reply.text());
  expect(masked).toContain('••••••');
  const device = await callApi('GET', `/devices/${id}`).then((reply) => reply.json());
  expect(device.lines[0]).toMatchObject({ hasPassword: true });
  expect(device.lines[0]).not.toHaveProperty('password');
});

test('a reveal needs a reason, and shows what the phone gets', async () => {
  const { id } = await putDevice('0021f222cafe', PHONE);
  expect((await callApi('POST', `/devices/${id}/reveal-secrets`, {})).status).toBe(422);
  const reply = await callApi('POST', `/devices/${id}/reveal-secrets`, { reason: 'the browser test' });
  expect(reply.status).toBe(200);
  expect(await reply.text()).toContain('coalmine-line-password');
});

interface Body {
  readonly url: string;
  readonly text: string;
}

/** Everything that the browser gets, documents, payloads and scripts. */
function watchBodies(page: Page): Promise<Body>[] {
  const bodies: Promise<Body>[] = [];
  page.on('response', (response) => {
    if (response.url().includes('/changes') || response.status() >= 300) return;
    bodies.push(
      response.text().then(
        (text) => ({ url: response.url(), text }),
        () => ({ url: response.url(), text: '' }),
      ),
    );
  });
  return bodies;
}
