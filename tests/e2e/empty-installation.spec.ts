import { putDevice } from './api-client.ts';
import { RECEPTION } from './reception.ts';
import { expect, test } from './signed-in.ts';

test('an empty console says what to do first', async ({ signedIn: page }) => {
  await expect(page.getByRole('heading', { name: 'No phones yet' })).toBeVisible();
  await expect(page.getByText('/api/v1/devices/by-mac/0021f222b01d')).toBeVisible();
  await expect(page.getByText(/^Live/)).toBeVisible();
});

test('a phone that is entered appears in the open list by itself', async ({ signedIn: page }) => {
  await expect(page.getByRole('heading', { name: 'No phones yet' })).toBeVisible();
  await putDevice('0021f222b01d', RECEPTION);
  await expect(page.getByRole('link', { name: 'Reception' })).toBeVisible();
  await expect(page.getByRole('row', { name: /Reception/ })).toContainText('Never seen');
});
