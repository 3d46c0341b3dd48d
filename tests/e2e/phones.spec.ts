import { callApi, putDevice } from './api-client.ts';
import { readFacts } from './installation-facts.ts';
import { RECEPTION } from './reception.ts';
import { expect, test } from './signed-in.ts';

test('a phone is found by its MAC in any spelling, its last digits, label, line and tag', async ({
  signedIn: page,
}) => {
  await putDevice('0021f222b01d', RECEPTION);
  await putDevice('0021f222b0ff', { ...RECEPTION, label: 'Workshop', tags: [], lines: [] });
  for (const text of ['00:21:F2:22:B0:1D', '0021.f222.b01d', '22b01d', 'recep', '1001', 'lobby']) {
    await page.goto(`/phones?q=${encodeURIComponent(text)}`);
    await expect(page.getByRole('link', { name: 'Reception' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Workshop' })).toHaveCount(0);
  }
  await page.keyboard.press('Control+k');
  await page.keyboard.type('workshop');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=workshop/);
  await expect(page.getByRole('link', { name: 'Workshop' })).toBeVisible();
});

test("a phone's page shows its files, and where each line comes from", async ({ signedIn: page }) => {
  const device = await putDevice('0021f222b01d', RECEPTION);
  await page.goto(`/phones/${device.id}/files`);
  await expect(page.getByRole('heading', { name: '0021f222b01d.cfg' })).toBeVisible();
  const line = page.getByRole('option', { name: /pbx\.example\.net/ }).first();
  await page.mouse.move(10, 10);
  await line.hover();
  await expect(page.locator('#line-origin')).toContainText('comes from template {mac}.cfg');
  await expect(page.locator('#line-origin')).toContainText('lines[1].');
  await page.getByRole('option', { selected: true }).focus();
  await page.keyboard.press('Home');
  await expect(page.locator('#line-origin')).toContainText('Line 1 ');
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('#line-origin')).toContainText('Line 2 ');
});

test('the page of a phone moves by itself while the phone fetches', async ({ signedIn: page }) => {
  const device = await putDevice('0021f222b01d', RECEPTION);
  await page.goto(`/phones/${device.id}/timeline`);
  const stage = page.getByRole('region', { name: 'Stage' });
  await expect(stage).toContainText('Approved, done');
  await expect.poll(async () => (await fetch(`${readFacts().phoneUrl}/0021f222b01d.cfg`)).status).toBe(200);
  await expect(stage.getByText('Has current config, done')).toBeVisible();
  await expect(page.getByText(/0021f222b01d\.cfg.*200/).first()).toBeVisible();
});

test('a change shows the phone out of date until it fetches', async ({ signedIn: page }) => {
  const device = await putDevice('0021f222b01d', RECEPTION);
  await fetch(`${readFacts().phoneUrl}/0021f222b01d.cfg`);
  await page.goto(`/phones/${device.id}`);
  const changed = await callApi('PATCH', `/devices/${device.id}`, {
    label: 'Front desk',
    lines: [{ index: 1, label: 'Front desk' }],
  });
  expect(changed.status).toBe(200);
  await expect(page.getByRole('heading', { name: 'Front desk', level: 1 })).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 }).locator('..')).toContainText('Out of date');
});

test('a phone that does not exist has a page that says so', async ({ signedIn: page }) => {
  const answer = await page.goto('/phones/11111111-1111-4111-8111-111111111111');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
  await expect(page.getByText(/Request id/)).toBeVisible();
});

test('a phone is suspended and resumed, and says so', async ({ signedIn: page }) => {
  const device = await putDevice('0021f222b0aa', { ...RECEPTION, label: 'Left the company', lines: [] });
  await page.goto(`/phones/${device.id}`);
  await page.getByRole('button', { name: 'Suspend', exact: true }).click();
  await page.getByRole('button', { name: 'Suspend phone' }).click();
  const heading = page.getByRole('heading', { level: 1 }).locator('..');
  await expect(heading).toContainText('Suspended');
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await page.getByRole('button', { name: 'Resume phone' }).click();
  await expect(heading).not.toContainText('Suspended');
});
