import { expect, test } from './signed-in.ts';
import { bootPhone } from './simulated-phone.ts';

test('a phone that nobody entered is listed, gets no answer, and is configured once approved', async ({
  signedIn: page,
}) => {
  await page.goto('/new-phones');
  const unanswered = bootPhone('0021f2bb0001', 2);
  const row = page.getByRole('row', { name: /00:21:f2:bb:00:01/ });
  await expect(row).toBeVisible();
  await expect(row).toContainText('FIP14G');
  expect(await unanswered).toBe(2);

  await row.getByRole('button', { name: 'Approve 00:21:f2:bb:00:01' }).click();
  const dialog = page.getByRole('dialog', { name: 'Approve 00:21:f2:bb:00:01' });
  await expect(dialog.getByRole('button', { name: /FIP14G/ })).toBeVisible();
  await dialog.getByLabel('Label').fill('Found in the basement');
  await dialog.getByRole('button', { name: 'Approve phone' }).click();
  await expect(page.getByRole('heading', { name: 'Found in the basement', level: 1 })).toBeVisible();

  expect(await bootPhone('0021f2bb0001')).toBe(3);
  const stage = page.getByRole('region', { name: 'Stage' });
  await expect(stage.getByText('Has current config, done')).toBeVisible();
});

test('a dialog is reached, filled and left by keyboard alone', async ({ signedIn: page }) => {
  void bootPhone('0021f2bb0002', 2);
  await page.goto('/new-phones');
  const approve = page.getByRole('button', { name: 'Approve 00:21:f2:bb:00:02' });
  await approve.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await expect(page.getByLabel('Label')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(approve).toBeFocused();
});
